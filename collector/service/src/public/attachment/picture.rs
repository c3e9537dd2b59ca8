//! A picture as it came, made into one that is safe to keep: decided by its content, turned upright, scaled down, and drawn
//! anew as a JPEG. What is not pixels (place and time of a photo, comments, a program hidden behind the picture) is gone.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use rapport_shared::limit;
use rapport_shared::survey::Fault;
use std::io::Cursor;

/// What every stored picture is.
pub const CONTENT_TYPE: &str = "image/jpeg";
/// Name of the field that faults speak of.
pub const FIELD: &str = "picture";
/// Qualities tried, until the picture is small enough.
const QUALITIES: [u8; 4] = [85, 70, 50, 30];
/// Memory that decoding one picture may take, in bytes: four for each pixel.
const DECODED_BYTES: u64 = 4 * limit::PICTURE_PIXELS;

/// A picture that is safe to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// A JPEG without metadata, at most [`limit::PICTURE_STORED_BYTES`] long.
    pub content: Vec<u8>,
    /// Its width, in pixels.
    pub width_px: u32,
    /// Its height, in pixels.
    pub height_px: u32,
}

impl Picture {
    /// Reads a JPEG, PNG or WebP file.
    ///
    /// # Errors
    /// What is wrong with it, with the limit.
    pub fn read(file: &[u8]) -> Result<Self, Fault> {
        if file.len() > limit::PICTURE_BYTES {
            return Err(too_large(Some(file.len())));
        }
        let pixels = upright(file)?;
        let pixels = if pixels.width().max(pixels.height()) > limit::PICTURE_SIDE_PX {
            pixels.thumbnail(limit::PICTURE_SIDE_PX, limit::PICTURE_SIDE_PX)
        } else {
            pixels
        };
        let pixels = on_white(pixels);
        for quality in QUALITIES {
            let mut content = Vec::new();
            if JpegEncoder::new_with_quality(&mut content, quality).encode_image(&pixels).is_err() {
                return Err(fault("cannot be drawn anew"));
            }
            if content.len() <= limit::PICTURE_STORED_BYTES {
                return Ok(Self { content, width_px: pixels.width(), height_px: pixels.height() });
            }
        }
        Err(fault(format!("must fit {} bytes as a JPEG", limit::PICTURE_STORED_BYTES)))
    }
}

/// The fault of a file over the limit; `bytes` where its length is known.
pub fn too_large(bytes: Option<usize>) -> Fault {
    let reason = format!("must be at most {} bytes", limit::PICTURE_BYTES);
    fault(bytes.map_or_else(|| reason.clone(), |bytes| format!("{reason}, has {bytes}")))
}

fn fault(reason: impl Into<String>) -> Fault {
    Fault::new(FIELD, reason)
}

/// The pixels, turned as the camera was held.
fn upright(file: &[u8]) -> Result<DynamicImage, Fault> {
    let format = image::guess_format(file).ok();
    let Some(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = format else {
        return Err(fault("must be a JPEG, PNG or WebP picture"));
    };
    let broken = |_| fault("is damaged: it cannot be read to its end");
    if format == ImageFormat::Jpeg && !has_end(file) {
        return Err(fault("is damaged: it breaks off"));
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limit::PICTURE_PIXELS {
        let reason = format!("must be at most {} pixels, has {width} by {height}", limit::PICTURE_PIXELS);
        return Err(fault(reason));
    }
    let orientation = decoder.orientation().map_err(broken)?;
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(broken)?;
    pixels.apply_orientation(orientation);
    Ok(pixels)
}

/// Whether the last scan of a JPEG is followed by the mark of its end: decoders paint what is missing grey.
fn has_end(file: &[u8]) -> bool {
    let last = |mark: [u8; 2]| file.windows(2).rposition(|bytes| bytes == mark);
    last([0xff, 0xda]).is_some_and(|scan| last([0xff, 0xd9]).is_some_and(|end| end > scan))
}

/// The pixels without transparency: a JPEG has none.
fn on_white(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let pixels = pixels.into_rgba8();
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        Rgb([red, green, blue].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    /// A picture with a red left half and a blue right one.
    pub(crate) fn file(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let pixels = RgbaImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgba([200, 20, 20, 255]) } else { Rgba([20, 20, 200, 255]) }
        });
        let mut file = Cursor::new(Vec::new());
        let pixels = DynamicImage::ImageRgba8(pixels);
        let pixels = if format == ImageFormat::Jpeg { pixels.into_rgb8().into() } else { pixels };
        pixels.write_to(&mut file, format).expect("a picture can be written");
        file.into_inner()
    }

    /// A photo as a telephone makes it: turned by 90 degrees, with the place where it was taken.
    pub(crate) fn photo() -> Vec<u8> {
        let plain = file(ImageFormat::Jpeg, 64, 32);
        // TIFF, little endian: one directory with the orientation (6: turn it clockwise) and the maker's name.
        let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
        tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        tiff.extend(b"\x0f\x01\x02\0\x1b\0\0\0\x26\0\0\0");
        tiff.extend(b"\0\0\0\0GPS 52.5163 N, 13.3777 E xx\0");
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = (segment.len() as u16 + 2).to_be_bytes();
        [&plain[..2], b"\xff\xe1", &length, &segment, &plain[2..]].concat()
    }

    fn reason(file: &[u8]) -> String {
        Picture::read(file).expect_err("it is refused").reason
    }

    fn holds(content: &[u8], words: &[u8]) -> bool {
        content.windows(words.len()).any(|bytes| bytes == words)
    }

    #[test]
    fn each_format_becomes_a_plain_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let picture = Picture::read(&file(format, 40, 20)).expect("a picture");
            assert_eq!((picture.width_px, picture.height_px), (40, 20), "{format:?}");
            let again = image::load_from_memory(&picture.content).expect("a picture").into_rgb8();
            assert_eq!(image::guess_format(&picture.content).ok(), Some(ImageFormat::Jpeg));
            let (left, right) = (again.get_pixel(5, 10).0, again.get_pixel(35, 10).0);
            assert!(left[0] > 150 && left[2] < 80 && right[2] > 150 && right[0] < 80, "{format:?}: {left:?} {right:?}");
        }
    }

    #[test]
    fn a_photo_is_turned_upright_and_nothing_tells_where_it_was_taken() {
        let photo = photo();
        assert!(holds(&photo, b"GPS 52.5163"));
        let picture = Picture::read(&photo).expect("a picture");
        assert_eq!((picture.width_px, picture.height_px), (32, 64));
        assert!(!holds(&picture.content, b"GPS") && !holds(&picture.content, b"Exif"));
        let pixels = image::load_from_memory(&picture.content).expect("a picture").into_rgb8();
        assert!(pixels.get_pixel(16, 5).0[0] > 150, "the left half is now above");
    }

    #[test]
    fn what_hides_behind_a_picture_is_gone() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let file = [file(format, 40, 20), b"<script>alert(1)</script>PK\x03\x04".to_vec()].concat();
            let picture = Picture::read(&file).unwrap_or_else(|fault| panic!("{format:?}: {fault}"));
            assert!(!holds(&picture.content, b"<script>") && !holds(&picture.content, b"PK\x03\x04"), "{format:?}");
        }
        let comment =
            [b"\xff\xd8\xff\xfe\0\x1b<script>alert(1)</script>", &file(ImageFormat::Jpeg, 8, 8)[2..]].concat();
        assert!(!holds(&Picture::read(&comment).expect("a picture").content, b"script"));
    }

    #[test]
    fn what_is_no_whole_picture_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = file(format, 200, 100);
            for share in [1, 10, 50, 90, 98] {
                let part = &whole[..whole.len() * share / 100];
                assert!(Picture::read(part).is_err(), "{share} % of a {format:?} of {} bytes", whole.len());
            }
        }
        for (file, expected) in [
            (&b""[..], "must be a JPEG, PNG or WebP"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "must be a JPEG, PNG or WebP"),
            (b"<html><script>alert(1)</script>", "must be a JPEG, PNG or WebP"),
            (b"GIF89a\x01\0\x01\0\0\0\0;", "must be a JPEG, PNG or WebP"),
            (b"%PDF-1.7", "must be a JPEG, PNG or WebP"),
            (b"\xff\xd8\xff\xe0 not a picture at all", "damaged"),
            (b"\x89PNG\r\n\x1a\n<script>", "damaged"),
            (b"RIFF\x20\0\0\0WEBPVP8 <script>", "damaged"),
        ] {
            let said = reason(file);
            assert!(said.contains(expected), "{}: {said}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn what_is_too_large_is_refused_or_scaled_down() {
        let said = reason(&vec![0; limit::PICTURE_BYTES + 1]);
        assert_eq!(said, "must be at most 600000 bytes, has 600001");
        // A few bytes that would unpack to a hundred megabytes.
        let bomb = file(ImageFormat::Png, 20_000, 1_300);
        assert!(bomb.len() < limit::PICTURE_BYTES, "{}", bomb.len());
        assert_eq!(reason(&bomb), "must be at most 25000000 pixels, has 20000 by 1300");
        let picture = Picture::read(&file(ImageFormat::Png, 3_200, 800)).expect("a picture");
        assert_eq!((picture.width_px, picture.height_px), (1_600, 400));
    }

    #[test]
    fn transparent_is_white() {
        let pixels = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
        let mut file = Cursor::new(Vec::new());
        pixels.write_to(&mut file, ImageFormat::Png).expect("a picture can be written");
        let picture = Picture::read(&file.into_inner()).expect("a picture");
        let pixels = image::load_from_memory(&picture.content).expect("a picture").into_rgb8();
        assert_eq!(pixels.get_pixel(4, 4).0, [255, 255, 255]);
    }
}
