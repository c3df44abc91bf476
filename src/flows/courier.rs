//! Brings what waits in SQL to whoever is outside: many receivers at once, each at its own pace, so that one that takes long
//! keeps a place of its own and nothing else. What is marked after it arrived may come twice after a crash, and is never lost.
//!
//! It must not know what is said, nor to whom: that is a [`Queue`].

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Cx;
use crate::outbound::{Failure, Target};
use crate::store::Error;

/// How many messages to one receiver are under way at once; to one that fails, or is slow until it fails, one.
const HANDFUL: usize = 8;

/// How many messages of a queue are under way at once on a node.
const MOST: usize = 800;

/// How often it is looked for what became due while something is under way.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long an attempt that is under way may take when the program is about to end.
const GRACE: Duration = Duration::from_secs(3);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages that arrived.
    pub sent: u32,
    /// Messages that will be tried again.
    pub again: u32,
    /// Messages given up.
    pub dead: u32,
}

impl Swept {
    /// One arrived.
    pub const SENT: Self = Self { sent: 1, again: 0, dead: 0 };
    /// One is tried again.
    pub const AGAIN: Self = Self { sent: 0, again: 1, dead: 0 };
    /// One was given up.
    pub const DEAD: Self = Self { sent: 0, again: 0, dead: 1 };

    fn and(self, other: Self) -> Self {
        Self { sent: self.sent + other.sent, again: self.again + other.again, dead: self.dead + other.dead }
    }
}

/// Somebody for whom something is due.
pub struct Lane<R> {
    /// The receiver's id.
    pub id: String,
    /// Whether the last attempt failed.
    pub failing: bool,
    /// The receiver.
    pub to: R,
}

/// Messages that wait, and how they are brought.
pub trait Queue: 'static {
    /// Whom a message goes to.
    type Receiver: Clone + Send + Sync + 'static;
    /// A message that this node alone has in its hand.
    type Message: Send + 'static;
    /// What the log calls a message.
    const NAME: &'static str;

    /// The receivers for whom something is due, those that wait longest first, and so many more than usual: a look that
    /// writes nothing.
    fn due(cx: &Cx, more: usize) -> impl Future<Output = Result<Vec<Lane<Self::Receiver>>, Error>> + Send;

    /// Claims what is due, as far as there are places; nothing where another node was faster.
    fn claim(
        cx: &Cx,
        to: &Self::Receiver,
        room: i64,
    ) -> impl Future<Output = Result<Vec<Self::Message>, Error>> + Send;

    /// Brings one message, and notes what came of it.
    fn bring(
        cx: &Cx,
        to: &Self::Receiver,
        message: Self::Message,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<Swept, Error>> + Send;
}

/// Sends whatever is due now, and whatever becomes due meanwhile, until nothing is. A failure of the store ends it; what was
/// claimed comes back by itself.
pub async fn sweep<Q: Queue>(cx: &Cx, stop: &CancellationToken) -> Result<Swept, Error> {
    let mut round = Round::default();
    loop {
        if !stop.is_cancelled() {
            let now = Cx { now: cx.clock.now(), ..cx.clone() };
            match round.begin::<Q>(&now, stop).await {
                Ok(()) => {}
                Err(error) if round.under_way.is_empty() => return Err(error),
                // What is under way is brought to its end.
                Err(error) => {
                    tracing::warn!(%error, what = Q::NAME, "it could not be looked for what is due")
                }
            }
        }
        if round.under_way.is_empty() {
            return Ok(round.swept);
        }
        tokio::select! {
            Some(ended) = round.under_way.join_next() => {
                round.ended::<Q>(ended);
                while let Some(ended) = round.under_way.try_join_next() {
                    round.ended::<Q>(ended);
                }
            }
            // Receivers that another node was faster with, or that could not be told, are looked at again as well.
            () = tokio::time::sleep(LOOK_AGAIN) => round.resting.clear(),
        }
    }
}

/// What a message came to, or the store's failure.
type Ended = Result<(String, Result<Swept, Error>), tokio::task::JoinError>;

/// What is under way.
#[derive(Default)]
struct Round {
    under_way: JoinSet<(String, Result<Swept, Error>)>,
    /// How many of them go to each receiver.
    places: HashMap<String, usize>,
    /// Receivers to leave alone for a moment.
    resting: HashSet<String>,
    swept: Swept,
}

impl Round {
    /// Claims what is due, as far as there are places, and sets it on its way.
    async fn begin<Q: Queue>(&mut self, cx: &Cx, stop: &CancellationToken) -> Result<(), Error> {
        // Those whose places are taken may stand before the others.
        let passed_over = self.places.len() + self.resting.len();
        for lane in Q::due(cx, passed_over).await? {
            let taken = self.places.get(&lane.id).copied().unwrap_or_default();
            // Whoever does not answer waits alone, so that few of them leave no place for the others.
            let own = if lane.failing { 1 } else { HANDFUL };
            let room = own.saturating_sub(taken).min(MOST.saturating_sub(self.under_way.len()));
            if room == 0 || self.resting.contains(&lane.id) {
                continue;
            }
            match Q::claim(cx, &lane.to, i64::try_from(room).unwrap_or(i64::MAX)).await {
                Ok(messages) if !messages.is_empty() => {
                    *self.places.entry(lane.id.clone()).or_default() += messages.len();
                    for message in messages {
                        self.sets_out::<Q>(cx, &lane, message, stop);
                    }
                }
                // Another node was faster.
                Ok(_) => drop(self.resting.insert(lane.id)),
                // One receiver that cannot be told keeps nothing from the others.
                Err(error) => {
                    tracing::warn!(%error, what = Q::NAME, "a receiver could not be told");
                    self.resting.insert(lane.id);
                }
            }
        }
        Ok(())
    }

    fn sets_out<Q: Queue>(
        &mut self,
        cx: &Cx,
        lane: &Lane<Q::Receiver>,
        message: Q::Message,
        stop: &CancellationToken,
    ) {
        let (cx, id, to, stop) = (cx.clone(), lane.id.clone(), lane.to.clone(), stop.clone());
        self.under_way.spawn(async move {
            let came = Q::bring(&cx, &to, message, &stop).await;
            (id, came)
        });
    }

    fn ended<Q: Queue>(&mut self, ended: Ended) {
        let Ok((id, told)) = ended else {
            // Its place stays taken until the sweep ends: what broke off is not begun again at once.
            tracing::error!(what = Q::NAME, "an attempt broke off");
            return;
        };
        if let Some(taken) = self.places.get_mut(&id) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.places.remove(&id);
            }
        }
        match told {
            Ok(swept) => self.swept = self.swept.and(swept),
            Err(error) => {
                tracing::warn!(%error, what = Q::NAME, "what came of an attempt could not be noted");
                self.resting.insert(id);
            }
        }
    }
}

/// What came of an attempt.
pub enum Came {
    /// An answer, whatever its status.
    Answer(u16),
    /// No answer.
    Nothing(Failure),
    /// The program is about to end.
    Stopping,
    /// Nothing could be sent; a word for why.
    Unsent(&'static str),
}

/// Posts a message; the status counts, and what else the answer says interests nobody.
pub async fn post(
    cx: &Cx,
    target: &Target,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
    stop: &CancellationToken,
) -> Came {
    let ending = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        answer = cx.outbound.post(target, headers, body) => match answer {
            Ok(answer) => Came::Answer(answer.status),
            Err(failure) => Came::Nothing(failure),
        },
        () = ending => Came::Stopping,
    }
}
