//! A copy of an app's logo: only pictures that hold no code, known by their first bytes, whatever their server calls them. Pure.

use crate::base::Digest;
use crate::base::words::words;

/// Most bytes of a logo.
pub const BYTES: usize = 256 * 1024;

words! {
    /// The kinds of pictures that are kept. SVG is a document, with scripts of its own.
    Media {
        /// PNG.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// GIF.
        Gif = "image/gif",
        /// WebP.
        Webp = "image/webp",
    }
}

impl Media {
    /// The kind of a picture, by how it begins.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// A picture that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub media: Media,
    /// The picture.
    pub image: Vec<u8>,
}

impl Logo {
    /// The picture, if it is one and not too large.
    pub fn read(image: Vec<u8>) -> Option<Self> {
        let media = Media::of(&image).filter(|_| image.len() <= BYTES)?;
        Some(Self { media, image })
    }

    /// What it is called: its digest, so that a name never shows another picture.
    pub fn name(&self) -> String {
        Digest::of(&self.image).to_base64url()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes_and_documents_are_none() {
        for (bytes, media) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Media::Png),
            (b"\xff\xd8\xff\xe0", Media::Jpeg),
            (b"GIF89a", Media::Gif),
            (b"GIF87a", Media::Gif),
            (b"RIFF\0\0\0\0WEBPVP8 ", Media::Webp),
        ] {
            assert_eq!(Logo::read(bytes.to_vec()).map(|logo| logo.media), Some(media));
        }
        for bytes in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<?xml version='1.0'?><svg/>",
            b"<html>",
            b"GIF88a",
            b"RIFF\0\0\0\0WAVE",
            b"\x89PNG",
            b" GIF89a",
            b"%PDF-1.7",
        ] {
            assert_eq!(Logo::read(bytes.to_vec()), None, "{bytes:?}");
        }
        let mut large = b"GIF89a".to_vec();
        large.resize(BYTES + 1, 0);
        assert_eq!(Logo::read(large), None);
    }
}
