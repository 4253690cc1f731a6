// The rectangle of cells that is marked in a grid, between the cell where marking began and the one that has the focus.

export class Range {
  constructor(table) {
    this.table = table;
    this.anchor = this.head = null;
  }

  static rowsOf(table) {
    return [...table.querySelectorAll('tbody tr[data-row]')];
  }
  static cellsOf(row) {
    return [...row.querySelectorAll('[data-column]')];
  }

  set(head, extend = false) {
    this.head = head;
    if (!extend || !this.anchor?.isConnected) this.anchor = head;
    this.mark();
  }

  clear() {
    this.anchor = this.head = null;
    this.mark();
  }

  /** Rows of cells, from the upper left corner to the lower right one. */
  rows() {
    if (!this.head?.isConnected) return [];
    const rows = Range.rowsOf(this.table);
    const place = (cell) => {
      const row = rows.indexOf(cell.closest('tr'));
      return [row, Range.cellsOf(rows[row]).indexOf(cell)];
    };
    const [[r1, c1], [r2, c2]] = [place(this.anchor), place(this.head)];
    return rows.slice(Math.min(r1, r2), Math.max(r1, r2) + 1).map((row) => Range.cellsOf(row).slice(Math.min(c1, c2), Math.max(c1, c2) + 1));
  }

  get several() {
    return this.anchor !== this.head;
  }

  mark() {
    for (const cell of this.table.querySelectorAll('[aria-selected]')) cell.removeAttribute('aria-selected');
    if (this.several) this.rows().flat().forEach((cell) => cell.setAttribute('aria-selected', 'true'));
  }
}
