//! Every path once; used by routes, redirects, templates and discovery.

use crate::base::InteractionId;
use crate::factors::FactorKind;
use crate::flows::hub::Page;
use crate::oidc::discovery;

/// Discovery (OpenID Connect Discovery §4).
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// Discovery (RFC 8414 §3).
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// Keys.
pub const JWKS: &str = "/jwks";
/// Authorization endpoint.
pub const AUTHORIZE: &str = "/authorize";
/// Token endpoint.
pub const TOKEN: &str = "/token";
/// Pushed authorization requests.
pub const PAR: &str = "/par";
/// UserInfo endpoint.
pub const USERINFO: &str = "/userinfo";
/// Introspection endpoint.
pub const INTROSPECT: &str = "/introspect";
/// Revocation endpoint.
pub const REVOKE: &str = "/revoke";
/// End-session endpoint.
pub const LOGOUT: &str = "/logout";
/// Our copies of apps' logos, each below by its name.
pub const LOGOS: &str = "/logos";
/// The parameter by which a POSTed request comes back by GET.
pub const PARKED: &str = "parked";
/// Registration of apps; what belongs to one stands below by its id.
pub const REGISTER: &str = crate::flows::register::PATH;
/// The confirmation of [`LOGOUT`].
pub const LOGOUT_CONFIRM: &str = "/logout/confirm";
/// The person's own pages.
pub const ACCOUNT: &str = "/account/";
/// Begins to add a way to sign in.
pub const ACCOUNT_ADD: &str = "/account/add";
/// The ways to sign in, each below by its id.
pub const ACCOUNT_WAYS: &str = "/account/ways";
/// Where a person is signed in.
pub const ACCOUNT_DEVICES: &str = "/account/devices";
/// The apps a person shares with.
pub const ACCOUNT_APPS: &str = "/account/apps";
/// What happened to an account.
pub const ACCOUNT_ACTIVITY: &str = "/account/activity";
/// Who a person is to us.
pub const ACCOUNT_DETAILS: &str = "/account/details";
/// The addresses of a person, each below by its slot.
pub const ACCOUNT_ADDRESSES: &str = "/account/addresses";
/// Where the link of an address leads, before its token.
pub const ACCOUNT_ADDRESS: &str = crate::flows::account::details::PATH;
/// A copy of a person's data, and the end of the account.
pub const ACCOUNT_PRIVACY: &str = "/account/privacy";
/// Signs out at the person's own pages.
pub const ACCOUNT_SIGN_OUT: &str = "/account/sign-out";
/// Leads to another password.
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// Where the code of a letter is typed; the link of an invitation stands below it.
pub const ACTIVATE: &str = "/activate";
/// The link that sets a new password stands below it.
pub const RESET: &str = "/reset";
/// The link of a supervised reset stands below it.
pub const REGAIN: &str = "/regain";
/// The link of a recovery that waited stands below it.
pub const RECOVER: &str = "/recover";
/// The link that stops a recovery stands below it.
pub const RECOVER_CANCEL: &str = "/recover/cancel";
/// The end of an activation.
pub const READY: &str = "/ready";
/// “This was not me”; its token follows.
pub const NOT_ME: &str = crate::flows::not_me::PATH;
/// The administrators' console.
pub const ADMIN: &str = "/admin/";
/// The console's trail.
pub const ADMIN_ACTIVITY: &str = "/admin/activity";
/// Where a form of the console waits for one more press.
pub const ADMIN_AGAIN: &str = "/admin/again";
/// The console's apps.
pub const ADMIN_APPS: &str = "/admin/apps";
/// Tokens by which apps register themselves.
pub const ADMIN_CLIENT_TOKENS: &str = "/admin/apps/tokens";
/// The signing keys.
pub const ADMIN_KEYS: &str = "/admin/keys";
/// The console's people.
pub const ADMIN_PEOPLE: &str = "/admin/people";
/// Lists of people that were brought.
pub const ADMIN_IMPORTS: &str = "/admin/people/imports";
/// What waits because somebody lost a way to sign in.
pub const ADMIN_RECOVERIES: &str = "/admin/recoveries";
/// What takes two people.
pub const ADMIN_APPROVALS: &str = "/admin/approvals";
/// The console's organisations.
pub const ADMIN_ORGANISATIONS: &str = "/admin/organisations";
/// The console's policies.
pub const ADMIN_POLICIES: &str = "/admin/policies";
/// Rules of single apps.
pub const ADMIN_POLICY_APPS: &str = "/admin/policies/apps";
/// The console's webhooks.
pub const ADMIN_WEBHOOKS: &str = "/admin/webhooks";
/// The administrators' API, its description and the page made from it.
pub const API: &str = "/api/admin/v1";
/// The API's description.
pub const API_DOCUMENT: &str = "/api/admin/v1/openapi.json";
/// The page for developers.
pub const DEVELOPERS: &str = "/developers";
/// The API's page.
pub const API_PAGE: &str = "/developers/api";
/// SCIM.
pub const SCIM: &str = "/scim";
/// What SCIM can do here.
pub const SCIM_CONFIG: &str = "/scim/v2/ServiceProviderConfig";
/// The types of SCIM's resources.
pub const SCIM_TYPES: &str = "/scim/v2/ResourceTypes";
/// Their schemas.
pub const SCIM_SCHEMAS: &str = "/scim/v2/Schemas";
/// People, as directories keep them.
pub const SCIM_USERS: &str = "/scim/v2/Users";
/// What accounts are for, as groups.
pub const SCIM_GROUPS: &str = "/scim/v2/Groups";
/// Where devices ask for a code (RFC 8628).
pub const DEVICE_AUTHORIZATION: &str = "/device_authorization";
/// Where the code of a device is typed.
pub const DEVICE: &str = crate::flows::device::PATH;
/// Whether it is the person's own.
pub const DEVICE_CONFIRM: &str = "/device/confirm";
/// The end of a sign-in for a device.
pub const DEVICE_DONE: &str = crate::flows::device::BACK;
/// Where apps ask for a person who is elsewhere (CIBA).
pub const CIBA: &str = "/bc-authorize";
/// What waits for a person's answer.
pub const APPROVE: &str = crate::flows::ciba::PATH;
/// The end of a sign-in that was asked for that way.
pub const APPROVE_DONE: &str = crate::flows::ciba::BACK;
/// The language picker.
pub const LOCALE: &str = "/locale";

/// The protocol endpoints, for discovery.
pub const ENDPOINTS: discovery::Paths = discovery::Paths {
    authorize: AUTHORIZE,
    par: PAR,
    device: DEVICE_AUTHORIZATION,
    ciba: CIBA,
    token: TOKEN,
    userinfo: USERINFO,
    jwks: JWKS,
    introspect: INTROSPECT,
    revoke: REVOKE,
    logout: LOGOUT,
    register: REGISTER,
};

/// A page of an interaction, by the last part of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Who is it?
    SignIn,
    /// Password.
    Password,
    /// Code from an app.
    Code,
    /// Passkey or security key after naming oneself.
    SecurityKey,
    /// Recovery code.
    RecoveryCode,
    /// Another way.
    Choose,
    /// Which factor to bind.
    Enrol,
    /// Binding a code app.
    EnrolTotp,
    /// Binding a passkey.
    EnrolPasskey,
    /// Binding a security key.
    EnrolSecurityKey,
    /// A new set of recovery codes.
    EnrolCodes,
    /// The recovery codes.
    RecoveryCodes,
    /// Consent.
    Consent,
    /// No way leads on.
    Help,
    /// A new password.
    NewPassword,
    /// What a false page looks like.
    Lesson,
    /// A forgotten password.
    Forgot,
    /// What is left where nothing can be used.
    Recover,
    /// An account made by oneself.
    Register,
}

/// Every step and its path below the interaction.
pub const STEPS: &[(Step, &str)] = &[
    (Step::SignIn, "sign-in"),
    (Step::Password, "password"),
    (Step::Code, "code"),
    (Step::SecurityKey, "security-key"),
    (Step::RecoveryCode, "recovery-code"),
    (Step::Choose, "choose"),
    (Step::Enrol, "enrol"),
    (Step::EnrolTotp, "enrol/totp"),
    (Step::EnrolPasskey, "enrol/passkey"),
    (Step::EnrolSecurityKey, "enrol/security-key"),
    (Step::EnrolCodes, "enrol/recovery-codes"),
    (Step::RecoveryCodes, "recovery-codes"),
    (Step::Consent, "consent"),
    (Step::Help, "help"),
    (Step::NewPassword, "new-password"),
    (Step::Lesson, "lesson"),
    (Step::Forgot, "forgot"),
    (Step::Recover, "recover"),
    (Step::Register, "register"),
];

impl Step {
    /// The last part of the path.
    pub fn as_str(self) -> &'static str {
        STEPS.iter().find(|(step, _)| *step == self).map_or("", |(_, path)| path)
    }

    /// The page this step of this interaction stands at.
    pub fn at(self, id: &InteractionId) -> String {
        format!("/i/{id}/{}", self.as_str())
    }

    /// The step a hub's page begins with.
    pub fn first_of(page: &Page) -> Self {
        match page {
            Page::SignIn => Self::SignIn,
            Page::Prove(kinds) if kinds.contains(&FactorKind::Password) => Self::Password,
            Page::Prove(kinds) => kinds.first().map_or(Self::Help, |kind| Self::proving(*kind)),
            Page::Enrol(kinds) => match kinds.as_slice() {
                [FactorKind::Totp] => Self::EnrolTotp,
                [FactorKind::Passkey] => Self::EnrolPasskey,
                [FactorKind::SecurityKey] => Self::EnrolSecurityKey,
                [FactorKind::RecoveryCodes] => Self::EnrolCodes,
                _ => Self::Enrol,
            },
            Page::RecoveryCodes => Self::RecoveryCodes,
            Page::Consent(_) => Self::Consent,
            Page::Stuck => Self::Help,
            Page::FirstFactor | Page::NewPassword => Self::NewPassword,
            Page::Lesson => Self::Lesson,
        }
    }

    /// The page on which a factor is proved.
    pub fn proving(kind: FactorKind) -> Self {
        match kind {
            FactorKind::Password => Self::Password,
            FactorKind::Totp => Self::Code,
            FactorKind::Passkey | FactorKind::SecurityKey => Self::SecurityKey,
            FactorKind::RecoveryCodes => Self::RecoveryCode,
        }
    }

    /// Whether this step may be shown while the hub says `page`.
    pub fn fits(self, page: &Page) -> bool {
        match (self, page) {
            (Self::SignIn, Page::SignIn) => true,
            (Self::Choose, Page::Prove(_)) => true,
            // Whoever has proved nothing yet may use a passkey instead of the password.
            (Self::SecurityKey, Page::Prove(kinds)) if kinds.contains(&FactorKind::Password) => true,
            (Self::Forgot, Page::Prove(kinds)) => kinds.contains(&FactorKind::Password),
            (Self::Recover, Page::Prove(_) | Page::Stuck) => true,
            (step, Page::Prove(kinds)) => kinds.iter().any(|kind| Self::proving(*kind) == step),
            (Self::Enrol, Page::Enrol(kinds)) => kinds.len() > 1,
            (Self::EnrolTotp, Page::Enrol(kinds)) => kinds.contains(&FactorKind::Totp),
            (Self::EnrolPasskey, Page::Enrol(kinds)) => kinds.contains(&FactorKind::Passkey),
            (Self::EnrolSecurityKey, Page::Enrol(kinds)) => kinds.contains(&FactorKind::SecurityKey),
            (Self::EnrolCodes, Page::Enrol(kinds)) => kinds.contains(&FactorKind::RecoveryCodes),
            (Self::RecoveryCodes, Page::RecoveryCodes) => true,
            (Self::Consent, Page::Consent(_)) => true,
            (Self::Help, Page::Stuck) => true,
            (Self::NewPassword, Page::FirstFactor | Page::NewPassword) => true,
            (Self::EnrolPasskey, Page::FirstFactor) => true,
            (Self::Lesson, Page::Lesson) => true,
            (Self::Register, Page::SignIn) => true,
            _ => false,
        }
    }
}
