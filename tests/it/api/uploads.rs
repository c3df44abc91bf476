//! Large bodies: none is read beyond what its route takes, and a few at once.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use vouchsafe::base::OrganisationId;

use super::{ALL, Machine, is_problem};
use crate::idp::{TestIdp, on_each_engine_with};
use crate::servers::soon;

const LIST: &str = "username,email,role\nlena,lena@example.org,patient\n";

/// An upload that does not end.
async fn hangs(idp: &TestIdp, machine: &Machine) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", idp.place.port())).await.unwrap();
    let head = format!(
        "POST /api/admin/v1/imports/preview HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: text/csv\r\ncontent-length: 1000\r\n\r\nusername",
        machine.token
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_wait_for_each_other_and_nothing_else_waits_for_them() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__API_REQUESTS", "100000")], async |idp| {
        let root = OrganisationId::root();
        let mut machines = Vec::new();
        for _ in 0..5 {
            machines.push(idp.machine(ALL, &root).await);
        }
        let [one, rest @ .., last] = &machines[..] else { unreachable!() };
        let looks = async |machine: &Machine| machine.sends_list("/imports/preview", LIST).await;
        // What hangs is given up after a while: there are always some to come.
        let mut hanging = Vec::new();
        soon("its turns are taken", async || {
            hanging.push(hangs(&idp, one).await);
            looks(one).await.status == 429
        })
        .await;
        let refused = looks(one).await;
        is_problem(&refused, 429, "VS-4290");
        assert_eq!(refused.header("retry-after"), "5");
        let brought = one.sends_list("/imports", LIST).await;
        is_problem(&brought, 429, "VS-4290");
        assert_eq!(looks(last).await.status, 200, "another client has turns of its own");
        soon("the node's turns are taken", async || {
            for machine in rest.iter().chain([one]) {
                hanging.extend([hangs(&idp, machine).await, hangs(&idp, machine).await]);
            }
            looks(last).await.status == 503
        })
        .await;
        let refused = looks(last).await;
        is_problem(&refused, 503, "VS-5031");
        assert_eq!(refused.header("retry-after"), "5");
        assert_eq!(last.gets("/organisations").await.status, 200);
        assert_eq!(last.posts("/organisations", &json!({ "name": "East" })).await.status, 201);
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM imports").await, 0);
        drop(hanging);
        soon("turns", async || looks(one).await.status == 200 && looks(last).await.status == 200).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_its_route_is_refused_before_its_key_is_looked_at() {
    on_each_engine_with(&[], async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let key = [("idempotency-key", "large")];
        let small = json!({ "name": "East" });
        assert_eq!(machine.sends("POST", "/organisations", &key, Some(&small)).await.status, 201);
        // The key was used for another request: had this one been read whole, that would be the answer.
        let large = json!({ "name": "x".repeat(70_000) });
        is_problem(&machine.sends("POST", "/organisations", &key, Some(&large)).await, 413, "VS-4130");
        let kept = vouchsafe::store::machine_requests::count(&idp.app.services.store, &machine.id).await;
        assert_eq!(kept.unwrap(), 1);
        let directory = idp.directory("admin:accounts", &OrganisationId::root()).await;
        let large = json!({ "userName": "x".repeat(70_000) });
        crate::scim::is_error(&directory.joins(&large).await, 413, None);
    })
    .await;
}
