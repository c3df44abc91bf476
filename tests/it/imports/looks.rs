//! Looking at a list says what would happen and changes nothing; what is wrong with it is told row by row.

use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin;
use vouchsafe::flows::imports::{self, Options, Refused};
use vouchsafe::identity::State;
use vouchsafe::identity::roster::{Column, Fault, Unreadable};
use vouchsafe::notifications::Notice;

use super::{bringer, counts, patients};
use crate::admin::{browser_of, refusal};
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::soon;

async fn look(idp: &TestIdp, list: &[u8]) -> Result<imports::Preview, Refused> {
    let cx = idp.operator();
    imports::preview(&cx, &bringer(&cx).await, list, &Options::default()).await
}

fn places(faults: &[Fault]) -> Vec<(u64, Option<Column>)> {
    faults.iter().map(|fault| (fault.line, fault.column)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_changes_nothing_and_says_what_would_happen() {
    on_each_engine(async |idp| {
        idp.person("rose").await;
        idp.worked_off(&idp.brings("external_id,username,role\nE1,ben,patient\n").await).await;
        let (mark, before) = (idp.mark().await, idp.people().await);
        let list = "external_id;username;email;role;password_hash;totp_secret;invite\r\n\
            E1;ben;;patient;;;\r\n\
            E2;ROSE;;patient;;;\r\n\
            E3;tom;rose@riverside.example;patient;;;\r\n\
            E4;ann;ann@elsewhere.example;Clinician;$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG;\
            GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ;no\r\n\
            E5;eve;eve@elsewhere.example;patient;;;yes\r\n\
            E6;ida;;nurse;;;\r\n\
            E6;ivy;;patient;;;\r\n\
            E4;amy;;patient;;;\r\n\
            E8;Ann;;patient;;;\r\n";
        let seen = look(&idp, list.as_bytes()).await.unwrap();
        // The address of a list is not proved, so tom's is no name, and nobody's is taken.
        assert_eq!((seen.total, seen.create, seen.unchanged), (9, 4, 1));
        assert_eq!((seen.conflicts, seen.errors), (1, 3));
        assert_eq!((seen.with_password, seen.with_code_app, seen.to_invite, seen.without_a_way_in), (1, 1, 1, 2));
        assert_eq!(
            places(&seen.faults),
            [
                (3, Some(Column::Username)),
                (7, Some(Column::Role)),
                (9, Some(Column::ExternalId)),
                (10, Some(Column::Username)),
            ]
        );
        assert!(seen.faults[2].what.contains("line 5"), "{:?}", seen.faults);
        assert_eq!(idp.people().await, before);
        assert_eq!(idp.kinds_since(mark).await, ["import.looked_at"], "but that somebody looked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proved_address_signs_in_and_must_be_free() {
    on_each_engine(async |idp| {
        idp.person("rose").await;
        let list = "username,email,email_verified,role\n\
            tom,rose@riverside.example,yes,patient\n\
            ann,ann@elsewhere.example,yes,patient\n\
            eve,ann@elsewhere.example,yes,patient\n\
            ivy,ivy@elsewhere.example,perhaps,patient\n\
            ida,ida@elsewhere.example,no,patient\n";
        let seen = look(&idp, list.as_bytes()).await.unwrap();
        let wanted = [(2, Some(Column::Email)), (4, Some(Column::Email)), (5, Some(Column::EmailVerified))];
        assert_eq!(places(&seen.faults), wanted);
        let job = idp.worked_off(&idp.brings(list).await).await;
        assert_eq!(counts(&job), (2, 0, 3));
        let named = async |name: &str| {
            vouchsafe::flows::accounts::find(&idp.operator(), name).await.unwrap().map(|a| a.profile.username)
        };
        assert_eq!(named("ann@elsewhere.example").await.as_deref(), Some("ann"));
        assert_eq!(named("ida@elsewhere.example").await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_leaves_nothing_behind() {
    on_each_engine(async |idp| {
        let mark = idp.mark().await;
        let cx = idp.operator();
        let million = "email\n".to_owned() + &"r@x.org\n".repeat(1_000_000);
        let lists: [(&[u8], Unreadable); 3] = [
            (b"username,role\nrose,patient\nren\xe9,patient\n", Unreadable::Encoding { byte: 31, line: 3 }),
            (million.as_bytes(), Unreadable::TooManyRows(10_000)),
            (b"username,shoe size\nrose,38\n", Unreadable::UnknownColumn("shoe size".to_owned())),
        ];
        for (list, wanted) in lists {
            match imports::stage(&cx, &bringer(&cx).await, list, &Options::default()).await {
                Err(Refused::Unreadable(why)) => assert_eq!(why, wanted),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(imports::list(&cx, &vouchsafe::flows::admin::at_host(&cx), 10).await.unwrap(), []);
        assert_eq!((idp.people().await, idp.kinds_since(mark).await.len()), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cell_may_not_be_is_told_with_its_column() {
    on_each_engine(async |idp| {
        let list = "username,email,second_email,role,organisation,name,birthdate,password_hash,totp_secret,totp_digits,\
            totp_algorithm\n\
            a b,,,patient,,,,,,,\n\
            b,nowhere,,patient,,,,,,,\n\
            c,,nowhere,patient,,,,,,,\n\
            d,,,,,,,,,,\n\
            e,,,patient,elsewhere,,,,,,\n\
            f,,,patient,root,=1+2,,,,,\n\
            g,,,patient,,,yesterday,,,,\n\
            h,,,patient,,,,secret,,,\n\
            i,,,patient,,,,,JBSWY3DPEHPK3PXP,,\n\
            j,,,patient,,,,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,8,\n\
            k,,,patient,,,,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,6,MD5\n\
            l,l@elsewhere.example,l2@elsewhere.example,patient,root,L,1950,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,6,SHA256\n";
        let seen = look(&idp, list.as_bytes()).await.unwrap();
        let wanted = [
            (2, Column::Username),
            (3, Column::Email),
            (4, Column::SecondEmail),
            (5, Column::Role),
            (6, Column::Organisation),
            (7, Column::Name),
            (8, Column::Birthdate),
            (9, Column::PasswordHash),
            (10, Column::TotpSecret),
            (11, Column::TotpDigits),
            (12, Column::TotpAlgorithm),
        ];
        assert_eq!(places(&seen.faults), wanted.map(|(line, column)| (line, Some(column))));
        assert!(seen.faults.iter().all(|fault| fault.fix.len() > 5));
        assert_eq!(seen.create, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_that_failed_come_back_without_secrets_and_without_formulas() {
    on_each_engine(async |idp| {
        let list = "username;role;phone_number;password_hash;totp_secret\n\
            rose;nurse;+44 20 7946 0123;$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG;\
            GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n\
            tom;patient;=HYPERLINK(1);;\n\
            =cmd;patient;;;\n";
        let id = idp.brings(list).await;
        assert_eq!(counts(&idp.worked_off(&id).await), (1, 0, 2));
        let cx = idp.operator();
        let sheet = imports::error_sheet(&cx, &bringer(&cx).await, &id).await.unwrap();
        assert!(sheet.starts_with(
            "error_line,error_column,error,how_to_mend_it,username,role,phone_number\r\n2,role,"
        ));
        assert!(sheet.contains(",rose,nurse,'+44 20 7946 0123\r\n"), "{sheet}");
        assert!(!sheet.contains("$2b$") && !sheet.contains("GEZD") && !sheet.contains(",="), "{sheet}");
        // Mended, it is brought as it is.
        let mended = sheet.replace("nurse", "patient").replace(",,patient", ",ed,patient");
        let seen = look(&idp, mended.as_bytes()).await.unwrap();
        assert_eq!((seen.create, seen.errors), (2, 0), "{:?}\n{mended}", seen.faults);
        // A week later neither the rows nor their key are there.
        idp.advance(8 * 86_400);
        vouchsafe::flows::upkeep::sweep(&idp.operator()).await.unwrap();
        idp.advance(2);
        let (cx, actor) = (idp.operator(), bringer(&cx).await);
        assert!(matches!(imports::error_sheet(&cx, &actor, &id).await, Err(Refused::Unknown)));
        assert!(matches!(imports::status(&cx, &actor, &id).await, Err(Refused::Unknown)));
        assert_eq!(idp.people().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_wait_sealed_and_an_unbegun_list_is_gone_after_an_hour() {
    on_each_engine(async |idp| {
        let cx = idp.operator();
        let (id, seen) =
            imports::stage(&cx, &bringer(&cx).await, patients(3).as_bytes(), &Options::default())
                .await
                .unwrap();
        assert_eq!(seen.create, 3);
        for (_, sealed) in vouchsafe::store::imports::rows_waiting(&cx.store, &id, 10).await.unwrap() {
            assert!(!String::from_utf8_lossy(&sealed).contains("elsewhere"));
        }
        idp.advance(3_700);
        vouchsafe::flows::upkeep::sweep(&idp.operator()).await.unwrap();
        assert!(matches!(
            imports::apply(&idp.operator(), &bringer(&cx).await, &id).await,
            Err(Refused::Unknown)
        ));
        assert_eq!(idp.people().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_to_whoever_is_to_be_invited_and_to_nobody_else() {
    on_each_engine(async |idp| {
        let hash = "$2b$05$ZrEZy.HJdkdniD6axHlLcOa43mt6THAwN3wg/J7uQLvF8/xpIk9FG";
        let list = format!(
            "username,email,role,password_hash,invite\n\
             ann,ann@elsewhere.example,patient,,yes\n\
             ben,ben@elsewhere.example,patient,,no\n\
             cat,,patient,,yes\n\
             dan,dan@elsewhere.example,patient,{hash},yes\n\
             eve,eve@elsewhere.example,patient,{hash},no\n"
        );
        let mark = idp.mark().await;
        let id = idp.brings(&list).await;
        assert_eq!(counts(&idp.worked_off(&id).await), (3, 0, 2));
        let cx = idp.operator();
        let faults = imports::faults(&cx, &bringer(&cx).await, &id, 100).await.unwrap();
        assert_eq!(places(&faults), [(4, Some(Column::Invite)), (5, Some(Column::Invite))]);
        let events = idp.counts_since(mark).await;
        assert_eq!((events["account.created"], events["invitation.sent"]), (3, 1));
        let mails = vouchsafe::flows::notify::newest(&cx, 10).await.unwrap();
        // Who signs in with what they had elsewhere is told that the account is here.
        let told = |to: &str| mails.iter().find(|(_, mail)| mail.to == to).map(|(_, mail)| mail.notice);
        assert_eq!(mails.len(), 2);
        assert_eq!(told("eve@elsewhere.example"), Some(Notice::Activated));
        let mails: Vec<_> = mails.iter().filter(|(_, mail)| mail.notice == Notice::Invitation).collect();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].1.to, "ann@elsewhere.example");
        assert!(mails[0].1.link.as_deref().unwrap().contains("/activate/"));
        let state = async |name: &str| {
            vouchsafe::flows::accounts::find(&idp.operator(), name).await.unwrap().unwrap().state
        };
        assert_eq!((state("ann").await, state("ben").await, state("eve").await), {
            (State::Invited, State::Invited, State::Active)
        });
        // Whoever waits is invited later.
        let ben = vouchsafe::flows::accounts::find(&cx, "ben").await.unwrap().unwrap();
        vouchsafe::flows::invitations::resend(&cx, &ben.id).await.unwrap();
        assert_eq!(vouchsafe::flows::notify::newest(&cx, 10).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_brings_people_above_their_own_level_or_into_another_organisation() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &north)]).await;
        let cx = idp.operator();
        let who = admin::at_browser(&cx, &browser_of(&officer)).await.unwrap();
        let actor = admin::authorise(&cx, &who, Action::ImportRun, &north).await.unwrap();
        let list = b"username,role\nann,administrator\nben,clinician\n";
        let (id, seen) = imports::stage(&cx, &actor, list, &Options::default()).await.unwrap();
        assert_eq!((seen.create, places(&seen.faults)), (1, vec![(2, Some(Column::Role))]));
        // The list of one place is not there at another.
        assert!(matches!(imports::apply(&cx, &bringer(&cx).await, &id).await, Err(Refused::Unknown)));
        let south = idp.organisation("South", &root).await;
        let other = idp.admin("sue", &[(Duty::Owner, &south)]).await;
        let other = admin::at_browser(&cx, &browser_of(&other)).await.unwrap();
        let mark = idp.mark().await;
        let refused = imports::authorise(&idp.operator(), &other, Action::ImportRead, &id).await;
        assert!(matches!(refused, Err(admin::Refused::NotFound)));
        assert_eq!(refusal(&idp, mark).await.0, "other_organisation");
        assert_eq!(imports::list(&cx, &other, 10).await.unwrap(), []);
        assert_eq!(imports::list(&cx, &who, 10).await.unwrap().len(), 1);
        // Looking is no running.
        let (looker, _) = imports::authorise(&cx, &who, Action::ImportRead, &id).await.unwrap();
        assert!(matches!(imports::apply(&cx, &looker, &id).await, Err(Refused::Admin(_))));
        assert_eq!(imports::status(&cx, &looker, &id).await.unwrap().created, 0);
        // Of 64 who say go, one does.
        let mark = idp.mark().await;
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (cx, actor, id) = (idp.operator(), actor.clone(), id.clone());
            racers.spawn(async move { imports::apply(&cx, &actor, &id).await.is_ok() });
        }
        assert_eq!(racers.join_all().await.into_iter().filter(|won| *won).count(), 1);
        let done = async || imports::status(&cx, &actor, &id).await.unwrap();
        soon("it is done", async || done().await.state.is_over()).await;
        assert_eq!(counts(&done().await), (1, 0, 1));
        let events = idp.counts_since(mark).await;
        assert_eq!((events["import.begun"], events["account.created"]), (1, 1));
    })
    .await;
}
