//! What a browser says it is, in two words: enough for a person to know their own device again, and no more.

use crate::base::words::words;

words! {
    /// A browser by name.
    Program {
        /// Microsoft Edge.
        Edge = "Edge",
        /// Opera.
        Opera = "Opera",
        /// Samsung's browser.
        Samsung = "Samsung Internet",
        /// Mozilla Firefox.
        Firefox = "Firefox",
        /// Google Chrome and what is built from it.
        Chrome = "Chrome",
        /// Apple Safari.
        Safari = "Safari",
        /// Anything else.
        Other = "",
    }
}

words! {
    /// What a browser runs on.
    System {
        /// An Apple telephone.
        Iphone = "iPhone",
        /// An Apple tablet.
        Ipad = "iPad",
        /// A telephone or tablet with Android.
        Android = "Android",
        /// A Windows computer.
        Windows = "Windows",
        /// A Chromebook.
        Chromebook = "Chromebook",
        /// An Apple computer.
        Mac = "Mac",
        /// A computer with Linux.
        Linux = "Linux",
        /// Anything else.
        Other = "",
    }
}

/// A browser and what it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Device {
    /// The browser.
    pub program: Program,
    /// What it runs on.
    pub system: System,
}

impl Device {
    /// One that says nothing of itself.
    pub const UNKNOWN: Self = Self { program: Program::Other, system: System::Other };

    /// Reads a `User-Agent` header (RFC 9110 §10.1.5). Most browsers name several others too: the first that fits counts.
    pub fn of_user_agent(text: &str) -> Self {
        const PROGRAMS: &[(&str, Program)] = &[
            ("Edg", Program::Edge),
            ("OPR/", Program::Opera),
            ("SamsungBrowser/", Program::Samsung),
            ("Firefox/", Program::Firefox),
            ("FxiOS/", Program::Firefox),
            ("Chrome/", Program::Chrome),
            ("CriOS/", Program::Chrome),
            ("Safari/", Program::Safari),
        ];
        const SYSTEMS: &[(&str, System)] = &[
            ("iPhone", System::Iphone),
            ("iPad", System::Ipad),
            ("Android", System::Android),
            ("Windows", System::Windows),
            ("CrOS", System::Chromebook),
            ("Macintosh", System::Mac),
            ("Linux", System::Linux),
        ];
        fn first<T: Copy>(text: &str, known: &[(&str, T)], other: T) -> T {
            known.iter().find(|(word, _)| text.contains(word)).map_or(other, |(_, found)| *found)
        }
        Self { program: first(text, PROGRAMS, Program::Other), system: first(text, SYSTEMS, System::Other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_by_what_it_says() {
        let table = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
                ("Chrome", "Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                ("Edge", "Windows"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.0; rv:140.0) Gecko/20100101 Firefox/140.0",
                ("Firefox", "Mac"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                ("Safari", "iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36",
                ("Samsung Internet", "Android"),
            ),
            ("curl/8.0", ("", "")),
            ("", ("", "")),
        ];
        for (text, (program, system)) in table {
            let device = Device::of_user_agent(text);
            assert_eq!((device.program.as_str(), device.system.as_str()), (program, system), "{text}");
        }
    }
}
