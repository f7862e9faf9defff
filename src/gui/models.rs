//! Lists that are changed in place, so that what is scrolled or focused stays where it is.

use slint::{Model, VecModel};

/// Makes `model` hold just `rows`, touching only rows that differ.
pub fn sync<T: Clone + PartialEq + 'static>(model: &VecModel<T>, rows: Vec<T>) {
    let kept = model.row_count().min(rows.len());
    while model.row_count() > rows.len() {
        model.remove(model.row_count() - 1);
    }
    for (index, row) in rows.into_iter().enumerate() {
        if index >= kept {
            model.push(row);
        } else if model.row_data(index).as_ref() != Some(&row) {
            model.set_row_data(index, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_becomes_another_whatever_their_lengths() {
        for (before, after) in
            [(vec![], vec![1, 2]), (vec![1, 2, 3], vec![1, 4]), (vec![1], vec![]), (vec![1], vec![1, 2])]
        {
            let model = VecModel::from(before);
            sync(&model, after.clone());
            assert_eq!(model.iter().collect::<Vec<_>>(), after);
        }
    }
}
