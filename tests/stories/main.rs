//! Stories told in a real browser against a real collector. `tests/run` installs what they need.

/// Makes tests of stories: one body, told once in each browser.
macro_rules! in_each_browser {
    ($($story:ident),+ $(,)?) => {
        mod chromium {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() -> rapport_tests::Outcome {
                    super::$story(rapport_tests::browser::DESKTOP).await
                }
            )+
        }
        mod firefox {
            use rapport_tests::browser::{DESKTOP, Engine, Window};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() -> rapport_tests::Outcome {
                    super::$story(Window { engine: Engine::Firefox, ..DESKTOP }).await
                }
            )+
        }
    };
}

mod accessibility;
mod agreement;
mod answers;
mod begun;
mod blocked;
mod builder;
mod clicks;
mod consent;
mod customer_data;
mod customers;
mod demo;
mod embedding;
mod examples;
mod experience;
mod first_run;
mod forms;
mod harm;
mod heatmap;
mod hosted_form;
mod hosted_reviews;
mod identity;
mod keyboard;
mod kinds;
mod languages;
mod layout;
mod looks;
mod lost_network;
mod mail;
mod mistakes;
mod narrow;
mod packages;
mod panels;
mod pictures;
mod placements;
mod places;
mod planted;
mod privacy;
mod rating;
mod reach;
mod reviews;
mod snapshots;
mod tags;
mod targeting;
mod tasks;
mod vitals;
mod ways;
mod whole;
