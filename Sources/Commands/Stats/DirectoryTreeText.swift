internal import Control

/// Directories as a tree, with what of them is hydrated.
struct DirectoryTreeText {
  private let directories: [StatsReport.Directory]
  private let style: TextStyle

  init(_ directories: [StatsReport.Directory], _ style: TextStyle) {
    self.directories = directories
    self.style = style
  }

  var lines: [String] {
    var table = TextTable(style)
    table.heading("directory", "hydrated", "files", "share", "hydrated", "bytes", "share", "fetched")
    for (place, directory) in directories.enumerated() {
      let (files, bytes) = (directory.files, directory.bytes)
      table.row(
        name(directory), Format.count(files.hydrated), Format.count(files.total),
        Format.percent(files.hydrated, of: files.total), Format.bytes(bytes.hydrated),
        bytes.total.map(Format.bytes) ?? "unknown", bytes.total.map { Format.percent(bytes.hydrated, of: $0) } ?? "",
        directory.fetched.bytes > 0 || directory.fetched.hydrations > 0 ? Format.bytes(directory.fetched.bytes) : "-")
      addRest(after: place, to: &table)
    }
    return table.lines
  }

  private func name(_ directory: StatsReport.Directory) -> String {
    let path = directory.rawPath
    let last = path.split(separator: UInt8(ascii: "/")).last ?? []
    return String(repeating: "  ", count: directory.depth + 1)
      + (directory.depth == 0 ? "/" : Display.safe(last) + "/")
  }

  /// What is left out of the directories that end here stands behind what is shown of them.
  private func addRest(after place: Int, to table: inout TextTable) {
    let next = place + 1 < directories.count ? directories[place + 1].depth : 0
    // The directories around this one, innermost first, that have no further row.
    var depth = directories[place].depth
    var index = place
    while depth >= next {
      let directory = directories[index]
      if directory.untouched > 0 {
        table.note(
          String(repeating: "  ", count: depth + 2) + "+ \(Format.count(directory.untouched)) with nothing hydrated")
      }
      guard depth > 0, let around = directories[..<index].lastIndex(where: { $0.depth == depth - 1 }) else { return }
      index = around
      depth -= 1
    }
  }
}
