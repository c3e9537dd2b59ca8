//! What a server's key may do.

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read figures: scores, pages, vitals.
    ReadReports,
    /// Read single answers with their words and trails.
    ReadResponses,
    /// Send answers that were given elsewhere; they are believed.
    WriteResponses,
    /// Read reviews that are not published too, with who replied.
    ReadReviews,
    /// Bring in reviews, and describe what is reviewed.
    WriteReviews,
    /// Give filters names, and change these.
    WriteSegments,
    /// Set up, change and remove tasks and funnels.
    WriteCourses,
    /// Add, change and remove releases and notes.
    WriteAnnotations,
    /// Say of issues whose they are and how far.
    WriteIssues,
    /// Say which pages are one, and try it.
    WriteRoutes,
    /// Make, list and revoke links to reports.
    WriteShares,
    /// List, change and send reports by mail.
    WriteMailReports,
    /// Read tickets, with what was said in them.
    ReadTickets,
    /// Open tickets, change them and note something on them.
    WriteTickets,
    /// Read customers, and what happened with each.
    ReadCustomers,
    /// Write customers down, and contacts with them.
    WriteCustomers,
    /// Set business hours and promises.
    WriteHours,
    /// Change the settings of the site: name, origins, zone and the like.
    WriteSettings,
    /// Create, change and switch surveys.
    WriteSurveys,
    /// List, set up and remove follow-ups.
    WriteFollowUps,
    /// List, set up, try and remove webhooks, and read what they were told.
    WriteWebhooks,
    /// List, set up and remove notification rules.
    WriteNotifications,
    /// Import customers, merge them, and take along or erase all that is stored of one.
    ManageCustomers,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 23] = [
        Self::ReadReports,
        Self::ReadResponses,
        Self::WriteResponses,
        Self::ReadReviews,
        Self::WriteReviews,
        Self::WriteSegments,
        Self::WriteCourses,
        Self::WriteAnnotations,
        Self::WriteIssues,
        Self::WriteRoutes,
        Self::WriteShares,
        Self::WriteMailReports,
        Self::ReadTickets,
        Self::WriteTickets,
        Self::ReadCustomers,
        Self::WriteCustomers,
        Self::WriteHours,
        Self::WriteSettings,
        Self::WriteSurveys,
        Self::WriteFollowUps,
        Self::WriteWebhooks,
        Self::WriteNotifications,
        Self::ManageCustomers,
    ];

    /// The name, as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadReports => "reports:read",
            Self::ReadResponses => "responses:read",
            Self::WriteResponses => "responses:write",
            Self::ReadReviews => "reviews:read",
            Self::WriteReviews => "reviews:write",
            Self::WriteSegments => "segments:write",
            Self::WriteCourses => "courses:write",
            Self::WriteAnnotations => "annotations:write",
            Self::WriteIssues => "issues:write",
            Self::WriteRoutes => "routes:write",
            Self::WriteShares => "shares:write",
            Self::WriteMailReports => "mail-reports:write",
            Self::ReadTickets => "tickets:read",
            Self::WriteTickets => "tickets:write",
            Self::ReadCustomers => "customers:read",
            Self::WriteCustomers => "customers:write",
            Self::WriteHours => "hours:write",
            Self::WriteSettings => "settings:write",
            Self::WriteSurveys => "surveys:write",
            Self::WriteFollowUps => "follow-ups:write",
            Self::WriteWebhooks => "webhooks:write",
            Self::WriteNotifications => "notifications:write",
            Self::ManageCustomers => "customers:manage",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|scope| scope.as_str()).collect();
            format!("there is no scope {text}: it is one of {}", names.join(", "))
        })
    }
}
