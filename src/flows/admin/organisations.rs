//! Organisations: see the tree, make one, give it another name.

use super::{AdminActor, Cx, Refused, Who};
use crate::audit::Kind;
use crate::base::OrganisationId;
use crate::duties::{Action, Organisation, organisation_name};
use crate::flows::About;
use crate::store::{self, organisations};

/// The organisations where somebody may do this, parents before their children. The root has the installation's name.
pub async fn visible(cx: &Cx, who: &Who, action: Action) -> Result<Vec<Organisation>, Refused> {
    let mut out = Vec::new();
    for place in who.places(action) {
        out.extend(organisations::below(&cx.store, &place).await?);
    }
    for organisation in &mut out {
        name_root(cx, organisation);
    }
    Ok(out)
}

/// The organisation an actor may see.
pub async fn get(cx: &Cx, actor: &AdminActor) -> Result<Organisation, Refused> {
    let found = organisations::find(&cx.store, actor.organisation()).await?;
    let mut found = found.ok_or(Refused::NotFound)?;
    name_root(cx, &mut found);
    Ok(found)
}

fn name_root(cx: &Cx, organisation: &mut Organisation) {
    if organisation.name.is_empty() {
        organisation.name.clone_from(&cx.config.organisation.name);
    }
}

/// Makes an organisation below the actor's.
pub async fn create(cx: &Cx, actor: &AdminActor, name: &str) -> Result<Organisation, Refused> {
    actor.is_for(Action::OrganisationCreate)?;
    let name = organisation_name(name).ok_or(Refused::Bad("name"))?;
    let id = OrganisationId::new(cx.now, &cx.entropy);
    let path = actor.place().below(&id).ok_or(Refused::Bad("too_deep"))?;
    let parent = Some(actor.organisation().clone());
    let new = Organisation { id, parent, path, name, created_at: cx.now };
    let event = actor.event(cx, Kind::OrganisationCreated).within(&new.id);
    let event = event.with(serde_json::json!({ "name": new.name, "parent": new.parent }));
    cx.store
        .write((new.clone(), event), |w, (new, event)| {
            Box::pin(async move {
                organisations::insert(w, new).await?;
                w.record(event).await
            })
        })
        .await?;
    Ok(new)
}

/// Gives the actor's organisation another name.
pub async fn rename(cx: &Cx, actor: &AdminActor, name: &str) -> Result<(), Refused> {
    rename_where(cx, actor, None, name).await
}

/// As [`rename`], where it still has the name that somebody looked at; else [`Refused::Already`].
pub async fn rename_from(cx: &Cx, actor: &AdminActor, seen: &str, name: &str) -> Result<(), Refused> {
    // The root has the installation's name until it has one of its own.
    let unnamed = actor.organisation() == &OrganisationId::root() && seen == cx.config.organisation.name;
    let seen = if unnamed { vec![String::new(), seen.to_owned()] } else { vec![seen.to_owned()] };
    rename_where(cx, actor, Some(seen), name).await
}

async fn rename_where(
    cx: &Cx,
    actor: &AdminActor,
    seen: Option<Vec<String>>,
    name: &str,
) -> Result<(), Refused> {
    actor.is_for(Action::OrganisationChange)?;
    let name = organisation_name(name).ok_or(Refused::Bad("name"))?;
    let event = actor.event(cx, Kind::OrganisationChanged).with(serde_json::json!({ "name": name }));
    let input = (actor.organisation().clone(), seen, name, cx.now, event);
    let changed = cx.store.write(input, |w, (id, seen, name, now, event)| {
        Box::pin(async move {
            let changed = match seen {
                None => organisations::rename(w, id, name, *now).await?,
                Some(seen) => {
                    let mut changed = false;
                    for seen in seen {
                        changed = changed || organisations::rename_from(w, id, seen, name, *now).await?;
                    }
                    changed
                }
            };
            if changed {
                w.record(event).await?;
            }
            Ok::<_, store::Error>(changed)
        })
    });
    if changed.await? { Ok(()) } else { Err(Refused::Already) }
}
