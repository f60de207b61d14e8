//! Stratified splits, folds, and the mark of a test set.

use fovea::*;

fn digits(count: usize) -> Result<Dataset> {
    let context = Context::new(ContextOptions { threads: 1, ..Default::default() })?;
    Dataset::digits(&context, Digits { size: 16, count, ..Default::default() })
}

fn class_counts(data: &Dataset) -> Result<[usize; 10]> {
    let mut counts = [0; 10];
    for i in 0..data.info()?.count {
        counts[data.get(i, &mut [0u8; 256])?.unwrap()] += 1;
    }
    Ok(counts)
}

#[test]
fn stratified_parts_have_the_classes_of_the_whole() -> Result<()> {
    let data = digits(100)?;
    let whole = class_counts(&data)?;
    let (first, second) = data.split(Split { count: 50, stratified: true, ..Default::default() })?;
    for (class, (a, b)) in class_counts(&first)?.into_iter().zip(class_counts(&second)?).enumerate() {
        assert_eq!(a + b, whole[class]);
        assert!(a.abs_diff(b) <= 1, "class {class}: {a} and {b}");
    }
    Ok(())
}

#[test]
fn folds_partition() -> Result<()> {
    let data = digits(53)?;
    for stratified in [false, true] {
        let options = Folds { folds: 3, shuffle: true, stratified, seed: 2 };
        let mut sum = [0; 10];
        for (i, fold) in data.folds(options).enumerate() {
            let (train, validation) = fold?;
            assert_eq!(validation.info()?.count, [18, 18, 17][i]);
            assert_eq!(train.info()?.count, 53 - validation.info()?.count);
            for (total, count) in sum.iter_mut().zip(class_counts(&validation)?) {
                *total += count;
            }
        }
        assert_eq!(sum, class_counts(&data)?);
    }
    assert_eq!(data.folds(Folds::default()).count(), 5);
    assert_eq!(data.fold(5, Folds::default()).unwrap_err().code, ErrorCode::InvalidArgument);
    Ok(())
}

#[test]
fn a_test_set_stays_one() -> Result<()> {
    let mut data = digits(20)?;
    let before = data.subset(&[1, 2])?;
    data.mark_test()?;
    assert!(data.info()?.test && data.subset(&[1, 2])?.info()?.test);
    assert!(data.split(Split::default())?.1.info()?.test);
    assert!(!before.info()?.test);
    Ok(())
}
