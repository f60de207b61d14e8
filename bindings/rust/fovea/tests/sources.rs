//! Datasets of files, of callbacks and of other datasets.

use fovea::{
    Cifar, Context, Dataset, Error, ErrorCode, ImageFiles, ImageList, MemoryDataset, Result, SampleSource,
    Tensor,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fovea-{}-{}", name, std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn context() -> Context {
    Context::new(Default::default()).unwrap()
}

fn firsts(data: &Dataset) -> Vec<u8> {
    let mut sample = vec![0u8; 3072];
    (0..data.info().unwrap().count)
        .map(|i| {
            data.get(i, &mut sample).unwrap();
            sample[0]
        })
        .collect()
}

#[test]
fn folders_and_lists() {
    let folder = Folder::new("sources");
    folder.write("cat/a.pgm", b"P5 1 2 255\nab");
    folder.write("cat/b.pgm", b"P5 1 2 255\nc");
    folder.write("dog/c.pgm", b"P5 1 2 255\nef");
    folder.write("dog/notes.txt", b"");
    let context = context();
    let data = Dataset::open_folder(&context, &folder.0, ImageFiles::default()).unwrap();
    assert_eq!(data.info().unwrap().shape, [2, 1, 3]);
    assert_eq!(firsts(&data), [b'a', b'e']);
    let info = data.files_info().unwrap();
    assert_eq!((info.files, info.broken, info.ignored), (3, 1, 1));
    assert!(data.problem(0).unwrap().contains("b.pgm"));
    assert_eq!((data.class_name(0).unwrap().as_str(), data.class_name(1).unwrap().as_str()), ("cat", "dog"));
    assert!(data.has_class_names().unwrap());
    assert_eq!(data.count_classes().unwrap(), [1, 1]);
    assert_eq!(data.sample_path(1).unwrap().unwrap(), folder.0.join("dog/c.pgm"));
    let refused =
        Dataset::open_folder(&context, &folder.0, ImageFiles { refuse_broken: true, ..Default::default() });
    assert_eq!(refused.unwrap_err().code, ErrorCode::Format);

    folder.write("list.csv", b"dog/c.pgm;z\ncat/a.pgm;y\n");
    let ordered = ImageFiles { class_names: &["dog", "bird"], ..Default::default() };
    let dogs = Dataset::open_folder(&context, &folder.0, ordered).unwrap();
    assert_eq!((dogs.class_name(0).unwrap().as_str(), dogs.files_info().unwrap().broken), ("dog", 2));
    assert_eq!(dogs.count_classes().unwrap(), [1, 0]);

    let files = ImageFiles { channels: 1, ..Default::default() };
    let root: &Path = &folder.0;
    let options = ImageList { delimiter: b';', header: Some(false), root: Some(root), files, classes: 0 };
    let list = Dataset::open_list(&context, folder.0.join("list.csv"), options).unwrap();
    assert_eq!(list.info().unwrap().shape, [2, 1, 1]);
    assert_eq!(firsts(&list), [b'e', b'a']);
    assert_eq!(list.class_name(1).unwrap(), "z");
    let cached = list.cache(&context, 0).unwrap();
    assert_eq!(firsts(&cached), firsts(&list));
}

#[test]
fn cifar() {
    let folder = Folder::new("cifar");
    folder.write("ten.bin", &[vec![3u8], vec![7; 3072]].concat());
    let path = folder.0.join("ten.bin");
    let data = Dataset::open_cifar(&context(), &[&path, &path], Cifar::Ten).unwrap();
    assert_eq!(firsts(&data), [7, 7]);
    assert_eq!(data.class_name(3).unwrap(), "cat");
    assert_eq!(
        Dataset::open_cifar(&context(), &[&path], Cifar::Hundred).unwrap_err().code,
        ErrorCode::Format
    );
}

struct Host {
    drops: Arc<AtomicUsize>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

impl SampleSource for Host {
    type Element = u8;

    fn shape(&self) -> Vec<usize> {
        vec![2]
    }

    fn count(&self) -> usize {
        6
    }

    fn label(&self, index: usize) -> Result<usize> {
        Ok(index % 3)
    }

    fn read(&self, index: usize, values: &mut [u8]) -> Result<()> {
        match index {
            4 => Err(Error { code: ErrorCode::Io, node: None, message: "no disk".into() }),
            5 => panic!("no sample"),
            _ => {
                values.fill(index as u8);
                Ok(())
            }
        }
    }
}

#[test]
fn a_source_of_the_hosts() {
    let drops = Arc::new(AtomicUsize::new(0));
    let data = Dataset::from_source(&context(), Host { drops: drops.clone() }, 0).unwrap();
    let mut sample = [0u8; 2];
    assert_eq!(data.get(2, &mut sample).unwrap(), Some(2));
    assert_eq!(sample, [2, 2]);
    let error = data.get(4, &mut sample).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (ErrorCode::Io, "sample 4: no disk"));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| data.get(5, &mut sample)));
    assert!(panic.is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(data);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn of_other_datasets() {
    let context = context();
    let (values, labels) = ([0u8, 1, 2, 3, 4, 5], [0i32, 0, 0, 0, 1, 1]);
    let samples = Tensor::new(&values, &[6, 1]).unwrap();
    let data =
        Dataset::from_memory(&context, MemoryDataset::with_labels(samples, Tensor::vector(&labels))).unwrap();
    assert_eq!(firsts(&Dataset::concat(&[&data, &data]).unwrap()).len(), 12);
    assert_eq!(firsts(&data.repeat(3).unwrap()).len(), 18);
    let mut shuffled = firsts(&data.shuffle(1).unwrap());
    shuffled.sort_unstable();
    assert_eq!(shuffled, values);
    let audit = Dataset::audit(&context, &[("train", &data), ("test", &data.repeat(2).unwrap())]).unwrap();
    let (train, test) = (audit.part(0).unwrap(), audit.part(1).unwrap());
    assert_eq!((train.count, train.classes, train.duplicates, train.shared), (6, 2, 0, 0));
    assert_eq!((train.smallest_class, train.largest_class), (2, 4));
    assert_eq!((test.count, test.duplicates, test.shared), (12, 6, 12));
    assert!(audit.text().unwrap().contains("is in train, too"));
    assert_eq!(audit.part(2).unwrap_err().code, ErrorCode::InvalidArgument);
    assert_eq!(data.balance(0, 1).unwrap().count_classes().unwrap(), [4, 4]);
    let doubled = data
        .map(None, |_, values: &[u8], shape, out: &mut [f32]| {
            assert_eq!(shape, [1]);
            out[0] = 2.0 * f32::from(values[0]);
            Ok(())
        })
        .unwrap();
    let mut sample = [0f32];
    doubled.get(5, &mut sample).unwrap();
    assert_eq!(sample, [10.0]);
    let wrong = data.map(None, |_, _: &[f32], _, _: &mut [f32]| Ok(()));
    assert_eq!(wrong.unwrap_err().code, ErrorCode::InvalidArgument);
}

struct Pairs;

impl SampleSource for Pairs {
    type Element = u8;
    fn shape(&self) -> Vec<usize> {
        vec![0, 0, 1]
    }
    fn count(&self) -> usize {
        3
    }
    fn label(&self, _: usize) -> Result<usize> {
        unreachable!()
    }
    fn target_shape(&self) -> Vec<usize> {
        vec![2]
    }
    fn target(&self, index: usize, values: &mut [f32]) -> Result<()> {
        values[1] = index as f32;
        Ok(())
    }
    fn size(&self, index: usize) -> Result<[usize; 2]> {
        Ok([index + 1, 2])
    }
    fn read(&self, index: usize, values: &mut [u8]) -> Result<()> {
        assert_eq!(values.len(), 2 * (index + 1));
        values.fill(index as u8);
        Ok(())
    }
}

#[test]
fn sources_with_targets_and_sizes() {
    let data = Dataset::from_source(&context(), Pairs, 0).unwrap();
    let info = data.info().unwrap();
    assert_eq!((info.classes, info.shape.as_slice()), (0, [0, 0, 1].as_slice()));
    let mut sample = [9u8; 6];
    assert_eq!(data.get(2, &mut sample).unwrap(), None);
    assert_eq!(sample, [2; 6]);
}
