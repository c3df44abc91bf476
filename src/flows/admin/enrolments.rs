//! How people come along: the funnel from kept counts, the list with its filters, the search by name, and the index
//! the search rests on.

use std::collections::HashMap;

use super::{Cx, Refused, Who, organisations};
use crate::base::{AccountId, Digest, OrganisationId, Role, text};
use crate::duties::{Action, Organisation, Path};
use crate::flows::accounts;
use crate::identity::{Account, Profile, State};
use crate::keys::seal::IndexKey;
use crate::policy::enrolment::{Stage, Strongest};
use crate::store::enrolments::{self, Cell};
use crate::store::name_words::{self, Driver, Line, Narrowed};
use crate::store::{self, organisations as rows};

/// Lines of a page.
pub const PAGE: usize = 50;
/// Words of a search that count.
const MOST_WORDS: usize = 4;

/// What a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names, a username or an address.
    pub query: String,
    /// How far people have come.
    pub stage: Option<Stage>,
    /// What their accounts are for.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub state: Option<State>,
    /// Their strongest way.
    pub strongest: Option<Strongest>,
    /// At or below this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only people before this number.
    pub before: Option<i64>,
    /// Lines of a page; [`PAGE`] where nothing is said.
    pub limit: Option<usize>,
}

/// A line of the list.
pub struct Entry {
    /// Who.
    pub account: Account,
    /// How far they have come.
    pub stage: Stage,
    /// Their strongest way.
    pub strongest: Strongest,
    /// The name of their organisation.
    pub organisation: String,
}

/// A page of people.
pub struct Page {
    /// The people, newest first.
    pub people: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
    /// How many there are in all; not known of a search.
    pub total: Option<i64>,
    /// Whether the search had no word long enough to look for.
    pub too_short: bool,
}

/// How many people are at each stage, for one organisation and what lies below, by role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Counts by stage and role. A count is of people who are there, not beyond.
    pub at: HashMap<(Stage, Role), i64>,
    /// Counts by strongest way, of people who may sign in.
    pub strongest: HashMap<Strongest, i64>,
    /// Suspended people.
    pub suspended: i64,
}

impl Funnel {
    /// How many reached a stage, those beyond it included.
    pub fn reached(&self, stage: Stage, role: Option<Role>) -> i64 {
        let fits = |(at, of): &(Stage, Role)| *at >= stage && role.is_none_or(|role| role == *of);
        self.at.iter().filter(|(key, _)| fits(key)).map(|(_, n)| n).sum()
    }

    fn add(&mut self, cell: &Cell, people: i64) {
        if cell.state == State::Disabled {
            self.suspended += people;
            return;
        }
        *self.at.entry((cell.stage, cell.role)).or_default() += people;
        *self.strongest.entry(cell.strongest).or_default() += people;
    }
}

/// The funnel of the people somebody may list.
pub async fn funnel(cx: &Cx, who: &Who) -> Result<Funnel, Refused> {
    let mut funnel = Funnel::default();
    for place in who.places(Action::AccountList) {
        for (cell, people) in enrolments::counts(&cx.store, &place).await? {
            funnel.add(&cell, people);
        }
    }
    Ok(funnel)
}

/// A page of the people somebody may list. An organisation they may not list is as one that does not exist.
pub async fn list(cx: &Cx, who: &Who, asked: &Asked) -> Result<Page, Refused> {
    let organisations = organisations::visible(cx, who, Action::AccountList).await?;
    let places = match &asked.organisation {
        Some(id) => {
            let found = organisations.iter().find(|o| o.id == *id).ok_or(Refused::NotFound)?;
            vec![found.path.clone()]
        }
        None => who.places(Action::AccountList),
    };
    let words = words_of_query(cx, &asked.query);
    let searching = !asked.query.trim().is_empty();
    let mut page = Page { people: Vec::new(), next: None, total: None, too_short: false };
    if searching && words.is_empty() {
        page.too_short = true;
        return Ok(page);
    }
    let size = asked.limit.unwrap_or(PAGE);
    let mut lines: Vec<Line> = Vec::new();
    let mut total = 0;
    for place in &places {
        let narrowed = narrowed(asked, place);
        let (before, limit) = (asked.before.unwrap_or(i64::MAX), size as i64 + 1);
        if searching {
            lines.extend(name_words::search(&cx.store, &words, &narrowed, before, limit).await?);
            continue;
        }
        let counts = enrolments::counts(&cx.store, place).await?;
        let here: i64 = counts.iter().filter(|(cell, _)| fits(&narrowed, cell)).map(|(_, n)| n).sum();
        total += here;
        if here > 0 {
            let driver = driver(&narrowed, &counts);
            lines.extend(name_words::list(&cx.store, &narrowed, driver, before, limit).await?);
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.number));
    page.total = (!searching).then_some(total);
    page.next = lines.get(size.saturating_sub(1)).filter(|_| lines.len() > size).map(|line| line.number);
    lines.truncate(size);
    let wanted = text::folded_words(&asked.query);
    for line in lines {
        if let Some(entry) = entry(cx, line, &organisations).await?
            && (!searching || holds(&entry.account.profile, &wanted))
        {
            page.people.push(entry);
        }
    }
    Ok(page)
}

async fn entry(cx: &Cx, line: Line, organisations: &[Organisation]) -> Result<Option<Entry>, Refused> {
    let Some(key) = cx.vault.find(&line.account.id, cx.now).await? else { return Ok(None) };
    let account = line.account.open(&key)?;
    let at = organisations.iter().find(|o| o.id == account.organisation);
    let organisation = at.map(|o| o.name.clone()).unwrap_or_default();
    Ok(Some(Entry { account, stage: line.stage, strongest: line.strongest, organisation }))
}

fn narrowed(asked: &Asked, place: &Path) -> Narrowed {
    let depth = place.depth();
    Narrowed {
        stage: asked.stage,
        role: asked.role,
        state: asked.state,
        strongest: asked.strongest,
        place: place.ids().last().filter(|_| depth > 0).map(|id| (id.to_string(), depth)),
    }
}

fn fits(narrowed: &Narrowed, cell: &Cell) -> bool {
    narrowed.stage.is_none_or(|stage| stage == cell.stage)
        && narrowed.role.is_none_or(|role| role == cell.role)
        && narrowed.state.is_none_or(|state| state == cell.state)
        && narrowed.strongest.is_none_or(|strongest| strongest == cell.strongest)
}

/// What narrows the list most: the filter that the fewest people pass. The counts are those of the place alone, which
/// says enough where the place is everywhere, and too much where it is not; then the place itself drives.
fn driver(narrowed: &Narrowed, counts: &[(Cell, i64)]) -> Driver {
    if narrowed.place.is_some() {
        return Driver::Place;
    }
    let sum = |fits: &dyn Fn(&Cell) -> bool| -> i64 {
        counts.iter().filter(|(cell, _)| fits(cell)).map(|(_, n)| n).sum()
    };
    let all = sum(&|_| true);
    let mut choices = vec![(all, Driver::Number)];
    if let Some(stage) = narrowed.stage {
        choices.push((sum(&|cell| cell.stage == stage), Driver::Stage));
    }
    if let Some(role) = narrowed.role {
        choices.push((sum(&|cell| cell.role == role), Driver::Role));
    }
    if let Some(state) = narrowed.state {
        choices.push((sum(&|cell| cell.state == state), Driver::State));
    }
    if let Some(strongest) = narrowed.strongest {
        choices.push((sum(&|cell| cell.strongest == strongest), Driver::Strongest));
    }
    choices.into_iter().min_by_key(|(people, _)| *people).map_or(Driver::Number, |(_, driver)| driver)
}

// ---- names

/// The words of a name's, username's or address's text under which a person is found: whole words, and their first
/// three to six letters.
fn forms(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let head = |n: usize| letters.iter().take(n).collect::<String>();
    let mut forms: Vec<String> = (3..=letters.len().min(6)).map(|n| format!("begin {}", head(n))).collect();
    if letters.len() < 3 || letters.len() > 6 {
        forms.push(format!("whole {word}"));
    }
    forms
}

/// The form in which one word of a query is looked for.
fn form(word: &str) -> String {
    match word.chars().count() {
        3..=6 => format!("begin {word}"),
        _ => format!("whole {word}"),
    }
}

/// A word's keyed digest, cut to what a BIGINT holds.
fn digest(key: &IndexKey, form: &str) -> i64 {
    let digest: Digest = key.digest("name_word", form);
    let mut bytes = [0u8; 8];
    for (to, from) in bytes.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    i64::from_be_bytes(bytes) & i64::MAX
}

/// What a person is found by: the words of their names, username and address before the `@`.
fn names(profile: &Profile) -> Vec<String> {
    let claims = ["name", "given_name", "middle_name", "family_name", "nickname"];
    let mut texts: Vec<&str> = claims.iter().filter_map(|claim| profile.claim_text(claim)).collect();
    texts.push(&profile.username);
    texts.extend(profile.email.as_deref().and_then(|email| email.split('@').next()));
    let mut words: Vec<String> = texts.into_iter().flat_map(text::folded_words).collect();
    words.sort();
    words.dedup();
    words
}

/// Whether a person's names hold every word that was asked for: a cut digest may have led to somebody else.
fn holds(profile: &Profile, wanted: &[String]) -> bool {
    let own: Vec<String> = names(profile).iter().flat_map(|word| forms(word)).collect();
    wanted.iter().take(MOST_WORDS).all(|word| own.contains(&form(word)))
}

fn words_of_query(cx: &Cx, query: &str) -> Vec<i64> {
    // The longest is the rarest, as a rule: it drives.
    let mut words = text::folded_words(query);
    words.truncate(MOST_WORDS);
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words.iter().map(|word| digest(&cx.index, &form(word))).collect()
}

/// The words a person is found by, as keyed digests, each once.
pub fn name_words(key: &IndexKey, profile: &Profile) -> Vec<i64> {
    let mut words: Vec<i64> =
        names(profile).iter().flat_map(|word| forms(word)).map(|form| digest(key, &form)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Whether somebody who has not proved it yet is kept with this address: proved ones are names.
pub async fn waiting_at(cx: &Cx, address: &str) -> Result<Option<OrganisationId>, store::Error> {
    let Some((local, _)) = address.split_once('@') else { return Ok(None) };
    let words = words_of_query(cx, local);
    let canonical = text::canonical_identifier(address);
    for line in name_words::search(&cx.store, &words, &Narrowed::default(), i64::MAX, PAGE as i64).await? {
        let Some(key) = cx.vault.find(&line.account.id, cx.now).await? else { continue };
        let email = line.account.open(&key)?.profile.email;
        if email.as_deref().and_then(text::canonical_identifier) == canonical {
            return Ok(Some(line.account.organisation));
        }
    }
    Ok(None)
}

/// Makes a person findable by name.
pub async fn index(cx: &Cx, account: &Account) -> Result<(), store::Error> {
    let words = name_words(&cx.index, &account.profile);
    cx.store
        .write((account.id.clone(), words, cx.now), |w, (id, words, now)| {
            Box::pin(async move { name_words::write(w, id, words, *now).await })
        })
        .await
}

/// Makes people findable whose names are new, a few at a time; says how many.
pub async fn index_some(cx: &Cx, most: i64) -> Result<usize, store::Error> {
    let waiting: Vec<AccountId> = enrolments::to_index(&cx.store, most).await?;
    for id in &waiting {
        match accounts::find_by_id(cx, id).await? {
            Some(account) => index(cx, &account).await?,
            // Nobody is found by a name that cannot be read.
            None => {
                let written = cx.store.write((id.clone(), cx.now), |w, (id, now)| {
                    Box::pin(async move { name_words::write(w, id, &[], *now).await })
                });
                written.await?;
            }
        }
    }
    Ok(waiting.len())
}

/// Gives accounts made by an older program their place in the lists; says how many were there.
pub async fn adopt_some(cx: &Cx, most: i64) -> Result<usize, store::Error> {
    let found = enrolments::without(&cx.store, most).await?;
    let count = found.len();
    cx.store
        .write((found, cx.now), |w, (found, now)| {
            Box::pin(async move {
                for id in found {
                    enrolments::settle(w, id, *now).await?;
                }
                Ok::<_, store::Error>(())
            })
        })
        .await?;
    Ok(count)
}

/// The name of an organisation, as lists show it.
pub async fn organisation_name(cx: &Cx, id: &OrganisationId) -> Result<String, Refused> {
    let found = rows::find(&cx.store, id).await?;
    Ok(match found {
        Some(organisation) if !organisation.name.is_empty() => organisation.name,
        _ => cx.config.organisation.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_whole_words_and_by_its_first_three_to_six_letters() {
        let claims = serde_json::json!({ "name": "Zoë van der Müller-Lüdenscheidt" });
        let claims = claims.as_object().cloned().unwrap_or_default();
        let profile = Profile::new("zml", Some("z.mueller@riverside.example"), true, claims).unwrap();
        for found in ["zoe", "Zoë", "mul", "mulle", "muller", "ludenscheidt", "ludens", "van der", "zml", "z"]
        {
            assert!(holds(&profile, &text::folded_words(found)), "{found}");
        }
        for not in ["zo", "mu", "ludenscheid", "riverside", "example", "zoe smith"] {
            assert!(!holds(&profile, &text::folded_words(not)), "{not}");
        }
    }

    #[test]
    fn the_filter_that_fewest_pass_drives_the_list() {
        let cell = |role, stage| Cell {
            organisation: OrganisationId::root(),
            role,
            state: State::Active,
            stage,
            strongest: Strongest::Passkey,
        };
        let counts = [
            (cell(Role::Patient, Stage::Ready), 900),
            (cell(Role::Patient, Stage::Invited), 50),
            (cell(Role::Clinician, Stage::Ready), 5),
        ];
        let of = |stage, role| Narrowed { stage, role, ..Narrowed::default() };
        assert_eq!(driver(&of(None, None), &counts), Driver::Number);
        assert_eq!(driver(&of(Some(Stage::Invited), Some(Role::Patient)), &counts), Driver::Stage);
        assert_eq!(driver(&of(Some(Stage::Ready), Some(Role::Clinician)), &counts), Driver::Role);
        let place = Some(("north".to_owned(), 1));
        assert_eq!(driver(&Narrowed { place, ..of(Some(Stage::Ready), None) }, &counts), Driver::Place);
    }
}
