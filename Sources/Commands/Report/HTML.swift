/// Pieces of a page. Whatever comes from a tree goes through `text`.
enum HTML {
  /// A text that may stand in an element or in a quoted attribute.
  static func text(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A cell of a table.
  enum Cell {
    /// A text of anybody's.
    case text(String)
    /// A number, to the right.
    case number(String)
    /// A share from 0 to 1, with how it is written, as a bar.
    case share(Double, String)
  }

  /// A table; nothing but `note` where it would be empty.
  static func table(_ heads: [String], _ rows: [[Cell]], note: String = "Nothing yet.") -> String {
    guard !rows.isEmpty else { return "<p class=\"note\">\(text(note))</p>\n" }
    let head = heads.enumerated().map { place, head in
      "<th scope=\"col\"\(isNumber(rows[0], place) ? " class=\"n\"" : "")>\(text(head))</th>"
    }.joined()
    let body = rows.map { row in "<tr>\(row.map(cell).joined())</tr>\n" }.joined()
    return "<div class=\"wide\"><table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body)</tbody></table></div>\n"
  }

  private static func isNumber(_ row: [Cell], _ place: Int) -> Bool {
    guard place < row.count, case .text = row[place] else { return true }
    return false
  }

  private static func cell(_ cell: Cell) -> String {
    switch cell {
    case .text(let value): "<td>\(text(value))</td>"
    case .number(let value): "<td class=\"n\">\(text(value))</td>"
    case .share(let share, let value):
      "<td class=\"n\"><span class=\"bar\"><i style=\"width:\(percent(share))%\"></i></span><span class=\"v\">\(text(value))</span></td>"
    }
  }

  /// A share as a number of percent, for style sheets.
  static func percent(_ share: Double) -> String {
    Format.decimal(share.isFinite ? min(100, max(0, share * 100)) : 0)
  }
}
