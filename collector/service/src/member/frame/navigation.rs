//! The links to all parts of a site, in groups: the one table that a new page is added to.

use rapport_store::account::role::Role;

/// A link of the navigation.
#[derive(Clone, Debug)]
pub struct NavLink {
    /// What people read.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// Whether one is in this part.
    pub current: bool,
    /// Whether one is on exactly this page.
    pub exact: bool,
    /// Path data of its icon, 16 by 16.
    pub icon: &'static str,
    /// How many things wait there.
    pub waiting: u64,
}

/// Links that belong together.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// Its heading; empty for what stands above all groups.
    pub label: &'static str,
    /// Whether its links are shown without a click.
    pub open: bool,
    /// The links that a member may follow.
    pub links: Vec<NavLink>,
}

impl NavGroup {
    /// How many things wait below the heading.
    pub fn waiting(&self) -> u64 {
        self.links.iter().map(|link| link.waiting).sum()
    }
}

/// A group: its heading, and of each link the part (its path below the site), what people read, and its icon.
struct Group {
    label: &'static str,
    /// Set up now and then, and not looked at every day.
    is_setting: bool,
    links: &'static [(&'static str, &'static str, &'static str)],
}

const GROUPS: &[Group] = &[
    Group {
        label: "",
        is_setting: false,
        links: &[("overview", "Overview", "M2 13.500h12M3.500 11V7M6.500 11V3.500M9.500 11V5.500M12.500 11V8.500")],
    },
    Group {
        label: "Feedback",
        is_setting: false,
        links: &[
            ("inbox", "Inbox", "M2.500 3h11v10h-11zM2.500 9h3l1 1.800h3l1-1.800h3"),
            ("feedback", "Feedback", "M2.500 3.500h11v8H7L4 14v-2.500H2.500zM5.500 6.500h5M5.500 8.800h3"),
            (
                "surveys",
                "Surveys",
                "M3 2.500h10v11H3zM5.500 5.500h.1M7.500 5.500h3M5.500 8h.1M7.500 8h3M5.500 10.500h.1M7.500 10.500h3",
            ),
            (
                "words",
                "Words",
                "M2.500 3.500h7M2.500 7h4M2.500 10.500h3M9.800 6.500a3 3 0 1 0 .1 0M12.200 11.700l1.800 1.800",
            ),
            (
                "reviews",
                "Reviews",
                "M8 2.200l1.800 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z",
            ),
            ("targets", "Promises", "M8 2.500a5.500 5.500 0 1 0 .1 0M5.500 8.200l1.800 1.800 3.200-3.600"),
            ("delivery", "Delivery", "M2 4h8v7H2zM10 6.500h2.500L14 8.500V11h-4M4.500 12.500h.1M11.500 12.500h.1"),
        ],
    },
    Group {
        label: "Customers",
        is_setting: false,
        links: &[
            (
                "customers",
                "Customers",
                "M8 2.500a2.800 2.800 0 1 0 .1 0M2.500 13.500c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500z",
            ),
            (
                "personas",
                "Personas",
                "M5.500 3a2 2 0 1 0 .1 0M2 12.500c.3-2.500 1.500-3.700 3.500-3.700s3.200 1.200 3.500 3.700M11 4.500a1.800 1.800 0 1 0 .1 0M11 9.500c1.700 0 2.700 1 3 3",
            ),
            ("follow-ups", "Follow-ups", "M2.500 4h11v8h-11zM2.500 4l5.500 4.500L13.500 4"),
            (
                "customer-data",
                "Customer data",
                "M2.500 4.200c0-2.300 11-2.300 11 0v7.600c0 2.300-11 2.300-11 0zM2.500 4.200c0 2.300 11 2.300 11 0M2.500 8c0 2.300 11 2.300 11 0",
            ),
        ],
    },
    Group {
        label: "Experience",
        is_setting: false,
        links: &[
            ("experience", "Experience", "M2 3h12v10H2zM2 5.800h12M7 8l4.500 1.800-2 .7-.8 2z"),
            ("issues", "Issues", "M8 2.200 14.200 13.300H1.800zM8 6.300v3.400M8 11.500h.1"),
            ("errors", "Errors", "M8 2.500 14 13H2zM8 6.500v3M8 11.300h.1"),
            ("forms", "Forms", "M2.500 3h11v3.500h-11zM2.500 9.500h11V13h-11zM5 4.800h.1M5 11.300h.1"),
            ("heatmap", "Heat maps", "M8 2.500a5.500 5.500 0 1 0 .1 0M8 5.500a2.500 2.500 0 1 0 .1 0M8 8h.1"),
            ("events", "Events", "M9 2 3.500 9H8l-1 5 5.500-7H8z"),
            (
                "drivers",
                "Drivers",
                "M2.500 13.500V2.500M2.500 13.500h11M5 10.500l2.500-3 2.200 1.800L13 4.500M13 4.500h-2.600M13 4.500v2.600",
            ),
            (
                "tasks",
                "Tasks and paths",
                "M3.500 3.500h3v3h-3zM9.500 9.500h3v3h-3zM6.500 5H11v4.500M3.500 12.500l1.200 1.200 2-2.400",
            ),
            ("annotations", "Releases and notes", "M4 14V2.500h7.500L9.800 5.500l1.700 3H4"),
        ],
    },
    Group {
        label: "Settings",
        is_setting: true,
        links: &[
            (
                "settings",
                "Settings",
                "M8 5.500a2.500 2.500 0 1 0 .1 0M8 2v1.500M8 12.500V14M2 8h1.500M12.500 8H14M3.800 3.800l1 1M11.200 11.200l1 1M3.800 12.200l1-1M11.200 4.800l1-1",
            ),
            (
                "people",
                "People",
                "M6 3a2.200 2.200 0 1 0 .1 0M2 13c.3-2.700 1.800-4 4-4s3.700 1.300 4 4M11 4.500a1.700 1.700 0 1 0 .1 0M11.500 9c1.500.2 2.300 1.300 2.500 3.500",
            ),
            (
                "keys",
                "Keys",
                "M5 8a2.500 2.500 0 1 0 .1 0M7.200 9 13.500 2.700M11 5.200l1.800 1.800M9.300 6.900l1.300 1.300",
            ),
            ("mail", "Mail with customers", "M2.500 4h11v8h-11zM2.500 4.500 8 9l5.500-4.500"),
            ("hours", "Business hours", "M8 2.500a5.500 5.500 0 1 0 .1 0M8 5v3.200l2.200 1.400"),
            (
                "theme",
                "Theme",
                "M8 2a6 6 0 1 0 0 12c1.500 0 1-1.500.5-2s0-2 1.500-2h2a2 2 0 0 0 2-2c0-3.500-2.700-6-6-6zM5.500 6.500h.1M8.500 5h.1",
            ),
            (
                "notifications",
                "Notifications",
                "M8 2.500a3.800 3.800 0 0 1 3.800 3.800v3l1.400 2H2.800l1.400-2v-3A3.800 3.800 0 0 1 8 2.500zM6.500 13.500h3",
            ),
            (
                "webhooks",
                "Webhooks",
                "M8 2.500a2.500 2.500 0 0 1 1.200 4.700l2 3.600M4.800 7.300A2.500 2.500 0 1 0 6.500 11h5M11.500 8.500a2.500 2.500 0 1 1-2.300 3.500",
            ),
            ("audit", "Changes", "M8 2.500a5.500 5.500 0 1 1-5 3.200M3 2.500v3.200h3.200M8 5v3.200l2 1.300"),
            ("install", "Install", "M5.500 4.500 2 8l3.500 3.500M10.500 4.500 14 8l-3.500 3.500"),
        ],
    },
];

/// Whether a part stands in the navigation.
pub fn is_part(part: &str) -> bool {
    GROUPS.iter().flat_map(|group| group.links).any(|(known, ..)| *known == part)
}

/// The least role that may read a part.
pub fn least_role(part: &str) -> Role {
    match part {
        "audit" | "notifications" | "webhooks" => Role::Editor,
        // Names, addresses and numbers are for those who work with customers.
        "customers" | "customer-data" => Role::Support,
        "keys" => Role::Owner,
        _ => Role::Viewer,
    }
}

/// What people read of a part; empty where it is none.
pub fn label_of(part: &str) -> &'static str {
    let link = GROUPS.iter().flat_map(|group| group.links).find(|(own, ..)| *own == part);
    link.map_or("", |(_, label, _)| label)
}

/// The groups as somebody of `role` sees them who looks at `path` in `part`; `href` says where a part is, `waiting` how many
/// things wait in it. Open are the groups of daily work, or the settings while one is there: both at once are longer than a screen.
pub fn groups(
    role: Role,
    (part, path): (&str, &str),
    href: impl Fn(&str) -> String,
    waiting: impl Fn(&str) -> u64,
) -> Vec<NavGroup> {
    let holds = |group: &Group| group.links.iter().any(|(own, ..)| *own == part);
    let in_settings = GROUPS.iter().any(|group| group.is_setting && holds(group));
    let link = |&(own, label, icon): &(&'static str, &'static str, &'static str)| NavLink {
        label,
        href: href(own),
        current: own == part,
        exact: own == path,
        icon,
        waiting: waiting(own),
    };
    let shown = GROUPS.iter().map(|group| NavGroup {
        label: group.label,
        open: group.is_setting == in_settings,
        links: group.links.iter().filter(|(own, ..)| role >= least_role(own)).map(link).collect(),
    });
    shown.filter(|group| !group.links.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn seen(role: Role, part: &str) -> Vec<NavGroup> {
        groups(role, (part, part), |part| format!("/{part}"), |part| if part == "inbox" { 3 } else { 0 })
    }

    #[test]
    fn where_one_is_was_hidden_in_a_closed_group() {
        for (part, ..) in GROUPS.iter().flat_map(|group| group.links) {
            let groups = seen(Role::Owner, part);
            let own = groups.iter().find(|group| group.links.iter().any(|link| link.current)).unwrap();
            assert!(own.open, "{part}");
            assert_eq!(groups.iter().flat_map(|group| &group.links).filter(|link| link.current).count(), 1, "{part}");
        }
        // A page that is in no part is no setting.
        assert!(seen(Role::Owner, "").iter().all(|group| group.open == (group.label != "Settings")));
    }

    #[test]
    fn what_waits_in_a_closed_group_was_not_said() {
        let groups = seen(Role::Support, "theme");
        let feedback = groups.iter().find(|group| group.label == "Feedback").unwrap();
        assert_eq!((feedback.open, feedback.waiting()), (false, 3));
    }

    #[test]
    fn no_part_stands_twice_and_no_group_is_empty() {
        let parts: Vec<_> = GROUPS.iter().flat_map(|group| group.links).map(|(part, ..)| part).collect();
        assert_eq!(parts.iter().collect::<HashSet<_>>().len(), parts.len(), "{parts:?}");
        assert!(seen(Role::Viewer, "overview").iter().all(|group| !group.links.is_empty()));
    }
}
