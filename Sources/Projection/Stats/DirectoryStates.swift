internal import Provider

/// The files of one directory and everything below it, by their states.
package struct DirectoryStates: Sendable, Hashable {
  /// From the root, without a slash at either end; empty for the root.
  package var path: [UInt8]
  /// How deep in the outline it is; the root is 0.
  package var depth: Int
  /// What is in it. The content store's own numbers are 0.
  package var states: FileStates
  /// How many directories below it are not in the outline, because nothing in them is hydrated or changed. Of one that is opened up only.
  package var untouched = 0
}

extension ProjectionCore {
  /// The states of all files, and outlines of the directories that they are in. Counted once for all of it.
  ///
  /// `directories` has about `rows`, of those in which something is hydrated or changed: those are opened up that tell most,
  /// which is where some files are and others are not. `map` has about `mapRows`, the largest ones, whatever is in them. Both
  /// in the order of their paths, each after the one it is in; empty where no rows are wanted.
  package func overview(rows: Int, mapRows: Int) async throws(ProjectionError) -> ProjectionOverview {
    let census = try await census()
    let states = census.states
    guard rows > 0 || mapRows > 0 else { return ProjectionOverview(states: states, directories: [], map: []) }
    let outline = DirectoryOutline(census)
    return ProjectionOverview(
      states: states, directories: rows > 0 ? outline.rows(limit: rows, .touched) : [],
      map: mapRows > 0 ? outline.rows(limit: mapRows, .largest) : [])
  }
}

/// The states of a projection's files, and where they are.
package struct ProjectionOverview: Sendable {
  /// All of it.
  package let states: FileStates
  /// Directories in which something is hydrated or changed.
  package let directories: [DirectoryStates]
  /// The largest directories.
  package let map: [DirectoryStates]
}

/// What of a census is worth being shown.
private struct DirectoryOutline {
  /// Which directories are worth a row.
  enum Selection {
    /// Those with files that are hydrated or changed; first of all those where others are not.
    case touched
    /// Those with the most bytes, or files where sizes are not known.
    case largest
  }

  private let catalog: TreeCatalog
  private let totals: [FileCensus.Counts]

  init(_ census: FileCensus) {
    catalog = census.catalog
    totals = catalog.accumulate(census.counts) { $0 += $1 }
  }

  /// Opens up the directory that is worth most, until there are enough rows.
  func rows(limit: Int, _ selection: Selection) -> [DirectoryStates] {
    var opened: Set<TreeCatalog.Index> = []
    var candidates: [(index: TreeCatalog.Index, worth: Int64)] = [(0, .max)]
    var shown = 1
    while shown < limit, let best = candidates.indices.max(by: { candidates[$0].worth < candidates[$1].worth }) {
      let (index, worth) = candidates.remove(at: best)
      guard worth > 0 else { break }
      let inside = shownChildren(of: index, selection)
      // One that is too large as a whole is left closed, unless there would be nothing at all.
      guard shown + inside.count <= limit || index == 0 else { continue }
      opened.insert(index)
      shown += inside.count
      candidates += inside.map { ($0, self.worth($0, selection)) }
    }
    var rows: [DirectoryStates] = []
    add(0, [], depth: 0, opened, selection, to: &rows)
    return rows
  }

  private func add(
    _ index: TreeCatalog.Index, _ path: [UInt8], depth: Int, _ opened: Set<TreeCatalog.Index>, _ selection: Selection,
    to rows: inout [DirectoryStates]
  ) {
    let children = opened.contains(index) ? shownChildren(of: index, selection) : []
    var row = DirectoryStates(path: path, depth: depth, states: FileStates(totals[index], of: catalog.total[index]))
    if opened.contains(index) { row.untouched = catalog.children(of: index).count - children.count }
    rows.append(row)
    for child in children { add(child, below(path, child), depth: depth + 1, opened, selection, to: &rows) }
  }

  private func shownChildren(of index: TreeCatalog.Index, _ selection: Selection) -> [TreeCatalog.Index] {
    switch selection {
    case .touched: catalog.children(of: index).filter { touchedFiles(totals[$0]) > 0 }
    case .largest: Array(catalog.children(of: index))
    }
  }

  /// What is gained by showing what is in a directory.
  private func worth(_ index: TreeCatalog.Index, _ selection: Selection) -> Int64 {
    let total = catalog.total[index]
    switch selection {
    case .touched:
      // Nothing where all its files are in one state.
      let touched = touchedFiles(totals[index])
      let below = catalog.children(of: index).contains { touchedFiles(totals[$0]) > 0 }
      return below && touched < total.count + totals[index].new ? Int64(touched) : 0
    case .largest:
      return catalog.children(of: index).isEmpty ? 0 : (total.bytes ?? 0) &+ Int64(total.count)
    }
  }

  private func touchedFiles(_ counts: FileCensus.Counts) -> Int {
    counts.hydrated + counts.full + counts.tombstone + counts.new
  }

  private func below(_ path: [UInt8], _ index: TreeCatalog.Index) -> [UInt8] {
    path.isEmpty ? catalog.name(of: index) : path + [UInt8(ascii: "/")] + catalog.name(of: index)
  }
}
