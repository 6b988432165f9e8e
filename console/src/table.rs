//! Tables without lines: names left, numbers right, easy to read and to `awk`.

use crate::text::one_line;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement};

/// Rows under headers, for [`crate::Console::table`].
#[derive(Debug, Clone, Default)]
pub struct Table {
    headers: Vec<String>,
    numeric: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headers and no rows.
    pub fn new<const N: usize>(headers: [&str; N]) -> Self {
        Self { headers: headers.map(str::to_owned).into(), ..Self::default() }
    }

    /// Says which columns, counted from 0, hold numbers; they are aligned right.
    #[must_use]
    pub fn numbers(mut self, columns: &[usize]) -> Self {
        self.numeric = columns.to_vec();
        self
    }

    /// Adds a row; a row that is too short ends in empty cells. What a cell
    /// cannot show in its place (a newline, a control character) is escaped.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let shown = |cell: S| one_line(&cell.into()).into_owned();
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text that ends in a newline. Cells wrap to fit `columns`;
    /// without it, as for a file or a pipe, every row stays one line.
    pub fn render(&self, columns: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(NOTHING).set_header(&self.headers).add_rows(&self.rows);
        match columns {
            Some(columns) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns)
            }
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        self.align(&mut table);
        let trimmed: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        trimmed.join("\n") + "\n"
    }

    fn align(&self, table: &mut comfy_table::Table) {
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.numeric.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Table {
        let mut table = Table::new(["image", "size", "roles"]).numbers(&[1]);
        table.row(["quay.io/calico/node:v3.29.1", "140.1 MiB", "control-plane, worker"]);
        table.row(["보따리/예제:v1", "1.0 MiB", "worker"]);
        table.row(["docker.io/library/busybox:1.37", "980.0 KiB"]);
        table
    }

    #[test]
    fn numbers_stand_right_and_names_left_in_any_script() {
        insta::assert_snapshot!(images().render(None), @"
        image                                size  roles
        quay.io/calico/node:v3.29.1     140.1 MiB  control-plane, worker
        보따리/예제:v1                    1.0 MiB  worker
        docker.io/library/busybox:1.37  980.0 KiB
        ");
    }

    #[test]
    fn a_table_fits_a_narrow_terminal() {
        let text = images().render(Some(44));
        assert!(text.lines().all(|line| crate::text::width(line) <= 44), "{text}");
        insta::assert_snapshot!(text, @"
        image                 size  roles
        quay.io/calico/  140.1 MiB  control-plane,
        node:v3.29.1                worker
        보따리/예제:v1     1.0 MiB  worker
        docker.io/libra  980.0 KiB
        ry/busybox:1.37
        ");
    }

    #[test]
    fn a_table_that_is_not_for_a_terminal_never_wraps() {
        let mut table = Table::new(["name"]);
        table.row(["x".repeat(400)]);
        assert_eq!(table.render(None).lines().count(), 2);
    }

    #[test]
    fn a_cell_cannot_forge_a_row_or_move_the_cursor() {
        let mut table = Table::new(["name"]);
        table.row(["a\nb\u{1b}[2J"]);
        assert_eq!(table.render(None), "name\na\\nb\\u{1b}[2J\n");
    }

    #[test]
    fn a_table_without_rows_still_names_its_columns() {
        assert!(Table::new(["a", "b"]).is_empty());
        insta::assert_snapshot!(Table::new(["a", "b"]).render(None), @"a  b");
    }
}
