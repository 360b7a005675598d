/// Rows with aligned columns: the first to the left, the others, which are numbers, to the right.
struct TextTable {
  private enum Kind {
    case heading
    case row
    case note
  }

  private var rows: [(cells: [String], kind: Kind)] = []
  private let style: TextStyle
  private let leftColumns: Int

  /// A table whose first `leftColumns` are texts.
  init(_ style: TextStyle, leftColumns: Int = 1) {
    self.style = style
    self.leftColumns = leftColumns
  }

  mutating func heading(_ cells: String...) { rows.append((cells, .heading)) }

  mutating func row(_ cells: [String]) { rows.append((cells, .row)) }

  mutating func row(_ cells: String...) { rows.append((cells, .row)) }

  /// A line that keeps to no columns.
  mutating func note(_ text: String) { rows.append(([text], .note)) }

  /// The lines, each without spaces at its end.
  var lines: [String] {
    let columns = rows.map(\.cells.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.kind != .note && column < $0.cells.count ? Display.width($0.cells[column]) : 0 }.max() ?? 0
    }
    return rows.map { cells, kind in
      if kind == .note { return style.faint(cells[0]) }
      var line = ""
      for (column, cell) in cells.enumerated() {
        let space = String(repeating: " ", count: widths[column] - Display.width(cell))
        if column > 0 { line += "  " }
        line += column < leftColumns ? cell + space : space + cell
      }
      while line.last == " " { line.removeLast() }
      return kind == .heading ? style.heading(line) : line
    }
  }
}
