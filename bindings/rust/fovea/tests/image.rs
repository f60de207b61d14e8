//! Images in files.

use fovea::image::{decode, decode_file, file_info, info, Decode};
use fovea::{Context, ErrorCode};

const PPM: &[u8] = b"P6 3 2 255\nABCDEFGHIJKLMNOPQR";

#[test]
fn bytes_and_files() {
    let context = Context::new(Default::default()).unwrap();
    let path = std::env::temp_dir().join(format!("fovea-image-{}.ppm", std::process::id()));
    std::fs::write(&path, PPM).unwrap();
    let of_file = (file_info(&path), decode_file(&context, &path, Decode::default()));
    std::fs::remove_file(&path).unwrap();
    let header = of_file.0.unwrap();
    assert_eq!(header, info(PPM).unwrap());
    assert_eq!((header.height, header.width, header.channels, header.orientation), (2, 3, 3, 1));
    let image = of_file.1.unwrap();
    assert_eq!(image, decode(&context, PPM, Decode::default()).unwrap());
    assert_eq!(image.pixels, &PPM[11..]);
    let alpha = decode(&context, PPM, Decode { channels: 4, ..Default::default() }).unwrap();
    assert_eq!((alpha.pixels.len(), alpha.channels, alpha.pixels[3]), (24, 4, 255));
}

#[test]
fn errors() {
    let context = Context::new(Default::default()).unwrap();
    assert_eq!(info(b"no image").unwrap_err().code, ErrorCode::Unsupported);
    assert_eq!(file_info("/nowhere.png").unwrap_err().code, ErrorCode::NotFound);
    let cut = decode(&context, &PPM[..20], Decode::default());
    assert_eq!(cut.unwrap_err().code, ErrorCode::Format);
    let large = decode(&context, PPM, Decode { max_pixels: 5, ..Default::default() });
    assert_eq!(large.unwrap_err().code, ErrorCode::Format);
}
