//! Input transforms fitted on a dataset.

mod common;

use common::*;
use fovea::*;

fn applied(transform: &FittedTransform, data: &Dataset, values: usize) -> Vec<f32> {
    let mut pixels = [0u8; PIXELS];
    data.get(3, &mut pixels).unwrap();
    let mut out = vec![0f32; values];
    transform.apply(Tensor::new(&pixels, &[SIDE, SIDE, 1]).unwrap(), &mut TensorMut::new(&mut out)).unwrap();
    out
}

#[test]
fn fits_a_mean_image() {
    let context = context();
    let data = digits(&context, 40);
    let options = FitTransform {
        featurewise_center: Statistic::Feature,
        featurewise_std_normalization: Statistic::Channel,
        base: Transform { scale: 1.0 / 255.0, ..Default::default() },
        ..Default::default()
    };
    let fitted = FittedTransform::fit(&context, &data, options).unwrap();
    let info = fitted.info().unwrap();
    assert_eq!((info.means, info.stddevs, info.components, info.geometry), (PIXELS, 1, 0, false));
    assert_eq!(info.sample_shape, [SIDE, SIDE, 1]);
    let mean = fitted.values(TransformPart::Mean).unwrap();
    let deviation = fitted.values(TransformPart::Stddev).unwrap();
    assert_eq!(fitted.values(TransformPart::Matrix).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(fitted.transform().unwrap_err().code, ErrorCode::Unsupported);
    let mut pixels = [0u8; PIXELS];
    data.get(3, &mut pixels).unwrap();
    for (i, value) in applied(&fitted, &data, PIXELS).iter().enumerate() {
        let expected = (f64::from(pixels[i]) / 255.0 - mean[i]) / deviation[0];
        assert!((expected - f64::from(*value)).abs() < 1e-5);
    }
}

#[test]
fn comes_back_from_a_models_file() {
    let context = context();
    let data = digits(&context, 40);
    let folder = Folder::new("transform");
    let base = Transform {
        resize: [6, 5],
        interpolation: Interpolation::Area,
        color: Channels::Grey,
        ..Default::default()
    };
    let options =
        FitTransform { whitening: Whitening::PcaWhitening, components: 9, base, ..Default::default() };
    let fitted = FittedTransform::fit(&context, &data, options).unwrap();
    assert_eq!(fitted.values(TransformPart::Eigenvalues).unwrap().len(), 9);
    assert_eq!(fitted.values(TransformPart::Matrix).unwrap().len(), 30 * 9);
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[9] });
    let x = g.flatten(x, Layer::default());
    let options = ModelOptions { fitted: Some(&fitted), ..Default::default() };
    Model::new(&g, &[x], options).unwrap().save(folder.join("m")).unwrap();
    let loaded = Model::load(&context, folder.join("m")).unwrap();
    let again = loaded.fitted_transform(0).unwrap();
    assert_eq!(applied(&fitted, &data, 9), applied(&again, &data, 9));
    assert!(again.info().unwrap().geometry);
    assert_eq!(loaded.transform().unwrap_err().code, ErrorCode::Unsupported);
}

#[test]
fn tells_what_a_model_does_to_images() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[16, 16, 1] });
    let x = g.flatten(x, Layer::default());
    let transform = Transform {
        samplewise_center: true,
        samplewise_std_normalization: true,
        no_antialias: true,
        resize_short: 20,
        interpolation: Interpolation::Bicubic,
        ..Default::default()
    };
    let options = ModelOptions { transform: Some(transform), ..Default::default() };
    let model = Model::new(&g, &[x], options).unwrap();
    let told = model.transform().unwrap();
    assert!(told.samplewise_center && told.samplewise_std_normalization && told.no_antialias);
    assert_eq!((told.resize_short, told.interpolation, told.resize), (20, Interpolation::Bicubic, [0, 0]));
}

#[test]
fn runs_image_files_in_several_views() {
    let context = context();
    let folder = Folder::new("views");
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[4, 4, 1] });
    let x = g.flatten(x, Layer::default());
    let transform = Some(Transform { resize_short: 5, ..Default::default() });
    let model = Model::new(&g, &[x], ModelOptions { transform, ..Default::default() }).unwrap();
    let file = [b"P5 6 5 255\n".as_slice(), &[7; 30]].concat();
    let path = folder.join("a.pgm");
    std::fs::write(&path, &file).unwrap();
    let crops = Crops { views: CropViews::Ten, raw: true, ..Default::default() };
    let options = SessionOptions { max_batch: 3, crops, ..Default::default() };
    let mut session = Session::new(&model, options).unwrap();
    let mut out = [0f32; 32];
    let images = [EncodedImage::Bytes(&file), EncodedImage::Path(&path)];
    session.run_images(&images, &mut [TensorMut::new(&mut out)]).unwrap();
    assert!(out.iter().all(|value| (value - 7.0).abs() < 1e-5));
    let mut one = [0f32; 16];
    model.fitted_transform(0).unwrap().apply_image(images[0], &mut TensorMut::new(&mut one)).unwrap();
    assert_eq!(one, [7.0; 16]);
    let missing = [EncodedImage::Path(std::path::Path::new("/nowhere.png"))];
    let error = session.run_images(&missing, &mut [TensorMut::new(&mut out)]).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);

    let all = Crops { views: CropViews::ResnetMultiScale, ..Default::default() };
    let boxes = all.boxes([375, 500], [224, 224], 0).unwrap();
    assert_eq!(boxes.len(), 50);
    assert_eq!(boxes[19], CropBox { resized: [256, 341], top: 16, left: 58, mirrored: true });
    assert_eq!(crops.boxes([3, 3], [4, 4], 0).unwrap_err().code, ErrorCode::InvalidArgument);
}
