//! How each site's widget looks.

use crate::audit::AuditEntry;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::theme::Theme;

impl Store {
    /// The theme of a site; `None` when nobody chose one.
    pub async fn theme(&self, site_id: Id) -> Result<Option<Theme>, StoreError> {
        let rows = self.read("SELECT definition FROM site_theme WHERE site_id = $1", params![site_id]).await?;
        rows.first()
            .map(|row| {
                serde_json::from_str(row.text("definition")?)
                    .map_err(|error| StoreError::Inconsistent(format!("site_theme.definition: {error}")))
            })
            .transpose()
    }

    /// Gives a site a theme that the caller has checked ([`Theme::faults`]), and notes who did.
    pub async fn set_theme(&self, site_id: Id, theme: &Theme, entry: &AuditEntry) -> Result<(), StoreError> {
        // Serializing strings and numbers to memory cannot fail.
        let definition = serde_json::to_string(theme).unwrap_or_default();
        let sql = "INSERT INTO site_theme (site_id, definition, changed_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (site_id) DO UPDATE SET definition = excluded.definition, changed_at_ms = excluded.changed_at_ms";
        let set = Statement::new(sql, params![site_id, definition, entry.occurred_at_ms]);
        // The accent of the site is that of its theme: there is one of them.
        let accent = "UPDATE site SET accent_color = $2 WHERE site_id = $1";
        let accent = Statement::new(accent, params![site_id, &theme.accent]);
        self.write(vec![set, accent, entry.statement(site_id)]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn a_theme_comes_back_and_its_change_is_noted() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            assert_eq!(store.theme(site.site_id).await, Ok(None));
            for accent in ["#005500", "#550000"] {
                let theme = Theme { accent: accent.into(), ..Theme::default() };
                let entry = AuditEntry {
                    entry_id: crate::clock::Clock::System.new_id(),
                    actor: "ada@example.com".into(),
                    action: "theme.change".into(),
                    subject: "theme".into(),
                    occurred_at_ms: 5,
                };
                store.set_theme(site.site_id, &theme, &entry).await.unwrap();
                assert_eq!(store.theme(site.site_id).await, Ok(Some(theme)));
                assert_eq!(store.site_by_key("shop").await.unwrap().unwrap().accent_color, accent);
            }
            assert_eq!(store.audit_entries(site.site_id, None, 10).await.unwrap().len(), 2);
        })
        .await;
    }
}
