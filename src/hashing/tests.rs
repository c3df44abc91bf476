//! The threads under load, without sleeping: a test job holds a worker until the test lets it go.

use super::*;

fn setup(workers: usize, queue_len: usize) -> Setup {
    Setup { params: Params::new(256, 1, 1).unwrap(), ..Setup::new(workers, queue_len) }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// Waits for the threads to get somewhere.
async fn until(what: &str, reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// Holds one worker; it goes on when the sender is dropped.
async fn hold_a_worker(hashing: &Hashing) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel();
    let running = hashing.gate.0.running.load(Ordering::Relaxed);
    let act = move || {
        let _ = held.recv();
    };
    hashing.gate.0.push(Job::Act(Box::new(act))).unwrap();
    until("the worker is held", || hashing.gate.0.running.load(Ordering::Relaxed) > running).await;
    release
}

#[tokio::test]
async fn a_hash_is_verified_and_measured_against_the_setting() {
    let hashing = Hashing::start_with(setup(1, 8)).unwrap();
    let weak = Params::new(64, 1, 1).unwrap();
    let old = hashing.hash(secret("tea at noon"), [1; 16], weak).await.unwrap();
    let new = hashing.hash(secret("tea at noon"), [1; 16], hashing.params()).await.unwrap();
    let yes = |needs_rehash| Ok(Verified { ok: true, needs_rehash });
    assert_eq!(hashing.verify(secret("tea at noon"), old).await, yes(true));
    assert_eq!(hashing.verify(secret("tea at noon"), new.clone()).await, yes(false));
    assert!(!hashing.verify(secret("tea at five"), new).await.unwrap().ok);
    assert!(!hashing.verify_nobody(secret("tea at noon")).await.unwrap().ok);
    let code = hashing.recovery(secret("0123456789ABCDEF"), [2; 16], weak).await.unwrap();
    assert_eq!(hashing.recovery(secret("0123456789ABCDEF"), [2; 16], weak).await, Ok(code));
}

#[tokio::test]
async fn a_full_queue_says_busy_at_once() {
    let hashing = Hashing::start_with(setup(1, 2)).unwrap();
    let release = hold_a_worker(&hashing).await;
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let hashing = hashing.clone();
            tokio::spawn(async move { hashing.verify_nobody(secret("x")).await })
        })
        .collect();
    until("two wait", || hashing.depth() == 3).await;
    let busy = hashing.verify_nobody(secret("x")).await.unwrap_err();
    assert!((1..=60).contains(&busy.retry_after));
    drop(release);
    for job in waiting {
        assert!(!job.await.unwrap().unwrap().ok, "those who waited are answered");
    }
    assert!(hashing.verify_nobody(secret("x")).await.is_ok());
    until("nothing is left", || hashing.depth() == 0).await;
}

#[tokio::test]
async fn callers_who_left_make_room() {
    let hashing = Hashing::start_with(setup(1, 1)).unwrap();
    let release = hold_a_worker(&hashing).await;
    let gone = {
        let hashing = hashing.clone();
        tokio::spawn(async move { hashing.verify_nobody(secret("x")).await })
    };
    until("one waits", || hashing.depth() == 2).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let stays = {
        let hashing = hashing.clone();
        tokio::spawn(async move { hashing.verify_nobody(secret("x")).await })
    };
    until("the other has its place", || hashing.gate.0.queue().jobs.iter().any(|job| !job.abandoned())).await;
    drop(release);
    assert!(stays.await.unwrap().is_ok());
}

#[tokio::test]
async fn memory_is_kept_for_the_next_and_given_back_when_idle() {
    let hashing = Hashing::start_with(setup(1, 8)).unwrap();
    hashing.verify_nobody(secret("x")).await.unwrap();
    until("memory is held", || hashing.held_bytes() == 256 * 1024).await;

    let idle = Duration::from_millis(1);
    let hashing = Hashing::start_with(Setup { idle, ..setup(1, 8) }).unwrap();
    for _ in 0..3 {
        hashing.verify_nobody(secret("x")).await.unwrap();
        until("the job is over", || hashing.depth() == 0).await;
        until("memory is given back", || hashing.held_bytes() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_at_once_are_answered() {
    let hashing = Hashing::start_with(setup(2, 64)).unwrap();
    let phc = hashing.hash(secret("number 7"), [3; 16], hashing.params()).await.unwrap();
    let all: Vec<_> = (0..64)
        .map(|number| {
            let (hashing, phc) = (hashing.clone(), phc.clone());
            tokio::spawn(async move { hashing.verify(secret(&format!("number {number}")), phc).await })
        })
        .collect();
    for (number, job) in all.into_iter().enumerate() {
        assert_eq!(job.await.unwrap().unwrap().ok, number == 7);
    }
    until("nothing is left", || hashing.depth() == 0).await;
    assert!(hashing.held_bytes() <= 2 * 256 * 1024);
}

#[tokio::test]
async fn a_panic_ends_neither_the_worker_nor_the_count() {
    let hashing = Hashing::start_with(setup(1, 8)).unwrap();
    for _ in 0..3 {
        hashing.gate.0.push(Job::Act(Box::new(|| panic!("on purpose")))).unwrap();
    }
    assert!(!hashing.verify_nobody(secret("x")).await.unwrap().ok);
    until("nothing is left", || hashing.depth() == 0).await;
}

#[tokio::test]
async fn the_threads_end_with_the_last_handle() {
    let hashing = Hashing::start_with(setup(2, 8)).unwrap();
    let shared = Arc::downgrade(&hashing.gate.0);
    let release = hold_a_worker(&hashing).await;
    drop(hashing);
    drop(release);
    until("the threads have ended", || shared.strong_count() == 0).await;
}
