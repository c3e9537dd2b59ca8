//! Results of any length, read a piece at a time: the database is asked for more only when what it gave has been taken.

use crate::{Row, Statement, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Readers at work at the same time: each holds a connection of its own for as long as its client takes.
pub const STREAMS: usize = 2;
/// Rows of one piece.
pub(crate) const ROWS: usize = 64;
/// Pieces that wait for whoever takes them: with the one in each hand all of a result that is ever in memory.
const PIECES: usize = 2;
/// How long a reader waits for a piece to be taken. A snapshot that is held keeps the database from tidying up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a result waits for another one to end.
const QUEUE: Duration = Duration::from_secs(5);

/// Rows of one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The place of the statement among those that were asked.
    pub statement: usize,
    /// At least one row, in order.
    pub rows: Vec<Row>,
}

enum Message {
    Piece(Piece),
    End,
}

/// Where a reader puts what it reads.
pub(crate) struct Sink {
    sender: mpsc::Sender<Result<Message, StoreError>>,
    patience: Duration,
    _permit: OwnedSemaphorePermit,
}

/// Why a reader stops early: nobody wants the rest, or not fast enough.
pub(crate) struct Unwanted;

impl Sink {
    /// Waits until there is room.
    pub async fn give(&self, statement: usize, rows: Vec<Row>) -> Result<(), Unwanted> {
        if rows.is_empty() {
            return Ok(());
        }
        let piece = Ok(Message::Piece(Piece { statement, rows }));
        self.sender.send_timeout(piece, self.patience).await.map_err(|_| Unwanted)
    }

    /// Says how it ended. Without this the other side takes the result for broken off.
    pub async fn end(self, result: Result<(), StoreError>) {
        let _ = self.sender.send_timeout(result.map(|()| Message::End), self.patience).await;
    }
}

/// What is read, piece by piece. Dropping it ends the reader.
pub struct RowStream {
    receiver: mpsc::Receiver<Result<Message, StoreError>>,
    ended: bool,
}

impl RowStream {
    /// The next rows; `None` when everything was read.
    ///
    /// # Errors
    /// When the database fails, or when the reader gave up since nothing was taken for a minute: then what was given is
    /// not all there is.
    pub async fn next(&mut self) -> Option<Result<Piece, StoreError>> {
        if self.ended {
            return None;
        }
        let message = self.receiver.recv().await;
        self.ended = !matches!(message, Some(Ok(Message::Piece(_))));
        match message {
            Some(Ok(Message::Piece(piece))) => Some(Ok(piece)),
            Some(Ok(Message::End)) => None,
            Some(Err(error)) => Some(Err(error)),
            None => Some(Err(StoreError::Unavailable("the reader of a long result stopped".to_owned()))),
        }
    }
}

/// How many readers may be at work.
#[derive(Clone)]
pub(crate) struct Streams {
    permits: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Streams {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(STREAMS)), patience: PATIENCE }
    }
}

impl Store {
    /// Rows of statements that only read, one statement after the other, all of the same snapshot: whatever is written
    /// meanwhile is not seen. However many there are, only a few hundred rows are in memory.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many results are being read as may be.
    pub async fn stream(&self, statements: Vec<Statement>) -> Result<RowStream, StoreError> {
        let permit = tokio::time::timeout(QUEUE, self.streams.permits.clone().acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(StoreError::Busy)?;
        let (sender, receiver) = mpsc::channel(PIECES);
        let sink = Sink { sender, patience: self.streams.patience, _permit: permit };
        self.engine.stream(statements, sink);
        Ok(RowStream { receiver, ended: false })
    }

    /// How many readers of long results are at work.
    pub fn streams(&self) -> usize {
        STREAMS - self.streams.permits.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::params;
    use crate::test_store::each_engine;

    const COUNT: &str = "WITH RECURSIVE c(n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n < $2)
        SELECT n FROM c";

    fn counting(from: i64, to: i64) -> Statement {
        Statement::new(COUNT, params![from, to])
    }

    async fn until_idle(store: &Store) {
        for _ in 0..500 {
            if store.streams() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a reader is still at work");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hundred_thousand_rows_come_in_small_pieces_and_in_order() {
        each_engine(async |store| {
            let mut stream = store.stream(vec![counting(1, 100_000), counting(1, 3)]).await.unwrap();
            let (mut seen, mut second) = (0, Vec::new());
            while let Some(piece) = stream.next().await {
                let piece = piece.unwrap();
                assert!((1..=ROWS).contains(&piece.rows.len()));
                for row in piece.rows {
                    if piece.statement == 0 {
                        seen += 1;
                        assert_eq!(row.int("n"), Ok(seen));
                    } else {
                        second.push(row.int("n").unwrap());
                    }
                }
            }
            assert_eq!((seen, second), (100_000, vec![1, 2, 3]));
            assert!(stream.next().await.is_none(), "it stays ended");
            until_idle(&store).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_takes_nothing_holds_a_few_pieces_and_whoever_goes_ends_the_reader() {
        each_engine(async |store| {
            let mut stream = store.stream(vec![counting(1, 1_000_000_000)]).await.unwrap();
            stream.next().await.unwrap().unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(stream.receiver.len() <= PIECES);
            assert_eq!(store.streams(), 1);
            drop(stream);
            until_idle(&store).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_stops_taking_is_given_up_and_told_that_something_is_missing() {
        each_engine(async |store| {
            let store = store.altered(|store| store.streams.patience = Duration::from_millis(100));
            let mut stream = store.stream(vec![counting(1, 1_000_000_000)]).await.unwrap();
            stream.next().await.unwrap().unwrap();
            until_idle(&store).await;
            let mut last = None;
            while let Some(piece) = stream.next().await {
                last = Some(piece);
            }
            assert!(matches!(last, Some(Err(StoreError::Unavailable(_)))), "{last:?}");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_statement_that_fails_halfway_is_told() {
        each_engine(async |store| {
            let broken = Statement::new("SELECT nothing FROM nowhere", params![]);
            let mut stream = store.stream(vec![counting(1, 2), broken]).await.unwrap();
            assert_eq!(stream.next().await.unwrap().unwrap().rows.len(), 2);
            assert!(matches!(stream.next().await, Some(Err(StoreError::Refused(_)))));
            assert!(stream.next().await.is_none());
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn more_results_than_readers_are_turned_away() {
        let store = crate::test_store::in_memory().await;
        let mut held = Vec::new();
        for _ in 0..STREAMS {
            held.push(store.stream(vec![counting(1, 1_000_000)]).await.unwrap());
        }
        assert!(matches!(store.stream(vec![counting(1, 2)]).await, Err(StoreError::Busy)));
    }

    /// What was written after the first row was read is in no later statement.
    #[tokio::test(flavor = "multi_thread")]
    async fn all_of_it_is_one_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
        let on_file = Store::open(&url, Clock::System).await.unwrap();
        one_snapshot(&on_file).await;
        each_engine(async |store| {
            // In memory SQLite has no log: there a reader keeps writers waiting.
            if store.engine_name() == "postgres" {
                one_snapshot(&store).await;
            }
        })
        .await;
    }

    async fn one_snapshot(store: &Store) {
        let accounts = || Statement::new("SELECT email FROM account", params![]);
        let many = counting(1, 1_000);
        let mut stream = store.stream(vec![accounts(), many, accounts()]).await.unwrap();
        stream.next().await.unwrap().unwrap();
        store.account_for_email(Clock::System.new_id(), "late@example.com", 1).await.unwrap();
        let mut last = 1;
        while let Some(piece) = stream.next().await {
            last = piece.unwrap().statement;
        }
        assert_eq!(last, 1, "an account that came later is not among those of the snapshot");
    }
}
