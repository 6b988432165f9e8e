//! Tables without lines: names left, numbers right, easy to read and to `awk`.

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

    /// Adds a row; a row that is too short ends in empty cells.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
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
