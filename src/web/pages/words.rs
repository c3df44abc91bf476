//! The words several pages share: ways to sign in, reasons to ask again, moments in time. Each maps to the
//! messages that say it.

use jiff::ZonedDateTime;

/// An enum whose variants are each said by one message: `ALL` lists them, `key` names the message.
macro_rules! messages {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident => $key:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every variant, in the order they are written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The message that says it.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)+ }
            }
        }
    };
}
pub(super) use messages;

/// A way to sign in, as the page that offers several of them lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// A passkey: on this device, in a password manager, or on a phone near by.
    Passkey,
    /// A security key as second step.
    SecurityKey,
    /// A code from an app.
    Totp,
    /// The password.
    Password,
    /// One of the codes kept on paper.
    RecoveryCode,
}

impl Method {
    /// Every way, strongest first.
    pub const ALL: [Self; 5] =
        [Self::Passkey, Self::SecurityKey, Self::Totp, Self::Password, Self::RecoveryCode];

    /// The value of the field `method`, and the end of the button's id.
    pub fn value(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security-key",
            Self::Totp => "totp",
            Self::Password => "password",
            Self::RecoveryCode => "recovery-code",
        }
    }

    /// The way a posted value names.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.value() == value)
    }

    /// The message that names it.
    pub fn name_key(self) -> &'static str {
        match self {
            Self::Passkey => "method-passkey",
            Self::SecurityKey => "method-security-key",
            Self::Totp => "method-totp",
            Self::Password => "method-password",
            Self::RecoveryCode => "method-recovery-code",
        }
    }

    /// The message that says in one line what it takes.
    pub fn hint_key(self) -> &'static str {
        match self {
            Self::Passkey => "method-passkey-hint",
            Self::SecurityKey => "method-security-key-hint",
            Self::Totp => "method-totp-hint",
            Self::Password => "method-password-hint",
            Self::RecoveryCode => "method-recovery-code-hint",
        }
    }
}

/// A passkey, or a key that follows a password: the browser's part is the same, the words differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Opens by itself, with a fingerprint, a face or a PIN.
    Passkey,
    /// A second step after the password.
    SecurityKey,
}

impl KeyKind {
    /// Whether the words are those of a passkey.
    pub fn is_passkey(self) -> bool {
        self == Self::Passkey
    }
}

/// Where a page's passkey button gets its options and sends its answer.
#[derive(Debug, Clone)]
pub struct PasskeyCall {
    /// Answers a POST of `csrf` with the WebAuthn options as JSON.
    pub options_url: String,
    /// Takes the form with the hidden field `credential`.
    pub action: String,
}

messages! {
    /// Why somebody who is signed in is asked again. Never free text from a URL.
    pub enum StepUpReason {
        /// The app asks for a fresh sign-in (`prompt=login`).
        AppAsks => "reason-app-asks",
        /// The last sign-in is older than the app allows (`max_age`).
        TooLongAgo => "reason-too-long-ago",
        /// Nothing happened for a while.
        Idle => "reason-idle",
        /// The app asks for a stronger level (`acr_values`, `min_acr`).
        Stronger => "reason-stronger",
        /// A prescription is about to be signed.
        Prescription => "reason-prescription",
        /// Ways to sign in are about to change.
        AccountChange => "reason-account-change",
        /// The administration needs it.
        Administration => "reason-administration",
    }
}

messages! {
    /// What a person is to the organisation.
    pub enum Role {
        /// Somebody who receives care.
        Patient => "role-patient",
        /// Somebody who gives it.
        Clinician => "role-clinician",
        /// Somebody who runs the sign-in service.
        Administrator => "role-administrator",
    }
}

/// A moment, in the zone the reader is told it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(pub ZonedDateTime);

impl When {
    /// The moment in UTC, where no nearer zone is known.
    pub fn utc(at: jiff::Timestamp) -> Self {
        Self(at.to_zoned_datetime(jiff::tz::TimeZone::UTC))
    }

    /// For `<time datetime>`: RFC 3339, in UTC.
    pub fn datetime(&self) -> String {
        self.0.timestamp().to_string()
    }

    /// The time of day and its zone, e.g. "14:45 UTC".
    pub fn time(&self) -> String {
        self.0.strftime("%H:%M %Z").to_string()
    }

    /// Day and time to the second, e.g. "2026-09-20 14:45:09"; the zone is told beside it.
    pub fn exact(&self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The zone, e.g. "UTC".
    pub fn zone(&self) -> String {
        self.0.strftime("%Z").to_string()
    }

    pub(super) fn day(&self) -> String {
        self.0.day().to_string()
    }

    pub(super) fn year(&self) -> String {
        self.0.year().to_string()
    }

    pub(super) fn weekday_key(&self) -> &'static str {
        match self.0.weekday() {
            jiff::civil::Weekday::Monday => "weekday-1",
            jiff::civil::Weekday::Tuesday => "weekday-2",
            jiff::civil::Weekday::Wednesday => "weekday-3",
            jiff::civil::Weekday::Thursday => "weekday-4",
            jiff::civil::Weekday::Friday => "weekday-5",
            jiff::civil::Weekday::Saturday => "weekday-6",
            jiff::civil::Weekday::Sunday => "weekday-7",
        }
    }

    pub(super) fn month_key(&self) -> &'static str {
        match self.0.month() {
            1 => "month-1",
            2 => "month-2",
            3 => "month-3",
            4 => "month-4",
            5 => "month-5",
            6 => "month-6",
            7 => "month-7",
            8 => "month-8",
            9 => "month-9",
            10 => "month-10",
            11 => "month-11",
            _ => "month-12",
        }
    }
}

/// What an app shows of itself on the first page of a sign-in and where it asks for details.
#[derive(Debug, Clone, Default)]
pub struct AboutApp {
    /// Our copy of its logo.
    pub logo: Option<String>,
    /// How it uses people's details.
    pub privacy_url: Option<String>,
    /// Its terms.
    pub terms_url: Option<String>,
    /// Whether it registered by itself, and nobody here knows whose it is.
    pub unchecked: bool,
}

impl AboutApp {
    pub(super) fn has_links(&self) -> bool {
        self.privacy_url.is_some() || self.terms_url.is_some()
    }
}
