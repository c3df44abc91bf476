//! The demo's mailer: mail goes nowhere, it stays in the outbox, where the demo's mailbox shows it.

use std::pin::Pin;

use super::{Line, Mailer, Outgoing, Sending};

/// Takes every mail and sends none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catcher;

impl Mailer for Catcher {
    fn open(&self) -> Sending<'_, Box<dyn Line>> {
        Box::pin(std::future::ready(Ok(Box::new(Self) as Box<dyn Line>)))
    }
}

impl Line for Catcher {
    fn send<'a>(&'a mut self, _: &'a Outgoing) -> Sending<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn close(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}
