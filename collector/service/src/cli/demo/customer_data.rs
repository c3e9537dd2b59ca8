//! The shop's customers as its till knows them: imported from its file, as an editor would, two of them twice.

use super::super::{Failure, Session};
use crate::import::Options;
use rapport_ingest::import::{Ended, Import};
use rapport_store::audit::COMMAND_LINE;
use rapport_store::site::directory::SiteContext;

/// Two have come back under another number: one with the same address, one with the same telephone.
const FILE: &str = "\
Customer number;Name;E-Mail;Phone;Language;Time zone;Club;Town
T-2001;Anna Huber;anna.huber@example.com;+49 89 5550101;de;Europe/Berlin;gold;München
T-2002;Jonas Weber;jonas.weber@example.com;;de;Europe/Berlin;;Augsburg
T-2003;Sofia Rossi;sofia.rossi@example.com;+39 02 5550103;it;Europe/Rome;silver;Milano
T-2004;Léa Martin;lea.martin@example.com;;fr;Europe/Paris;;Lyon
T-2005;Emil Novák;emil.novak@example.com;+420 2 5550105;cs;Europe/Prague;;Praha
T-2006;佐藤 美咲;misaki.sato@example.com;;ja;Asia/Tokyo;gold;東京
T-2007;Oliver Schmid;oliver.schmid@example.com;+41 44 5550107;de;Europe/Zurich;silver;Zürich
T-2008;Marta Kowalska;marta.kowalska@example.com;;pl;Europe/Warsaw;;Kraków
T-2009;Daniel Brandt;daniel.brandt@example.com;+49 30 5550109;de;Europe/Berlin;;Berlin
T-2010;Ines Pereira;ines.pereira@example.com;;pt;Europe/Lisbon;;Porto
T-2011;A. Huber;anna.huber@example.com;;de;Europe/Berlin;;München
T-2012;D. Brandt;d.brandt@example.org;+49 30 5550109;de;Europe/Berlin;;Potsdam
";

fn failed(ended: Ended) -> Failure {
    match ended {
        Ended::Faults(faults) => Failure(format!("the demo: {faults:?}")),
        Ended::Store(error) => error.into(),
    }
}

/// Imports them, and looks for those who may be one person.
pub async fn fill(session: &Session, site: &SiteContext) -> Result<(), Failure> {
    let mut import = Import::new(&session.store, site, Options::default(), session.clock.now_ms());
    import.push(FILE.as_bytes()).await.map_err(failed)?;
    let report = import.end().await.map_err(failed)?;
    if report.bad > 0 {
        return Err(Failure(format!("the demo: {:?}", report.faults)));
    }
    crate::import::note(&session.store, &session.clock, site, COMMAND_LINE, (&report, false)).await?;
    session.store.propose_merges(site.site.site_id, session.clock.now_ms()).await?;
    Ok(())
}
