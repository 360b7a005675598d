internal import Provider

/// The files of one directory and everything below it, by their states.
package struct DirectoryStates: Sendable, Hashable {
  /// From the root, without a slash at either end; empty for the root.
  package var path: [UInt8]
  /// How deep in the outline it is; the root is 0.
  package var depth: Int
  /// What is in it. The content store's own numbers are 0.
  package var states: FileStates
  /// How many directories below it are not in the outline, because all their files are virtual.
  package var untouched = 0
}

extension ProjectionCore {
  /// An outline of the projection of about `limit` directories: those are opened up that tell most, which is where some
  /// files are virtual and others are not. In the order of their paths, each after the one it is in.
  package func directoryStates(limit: Int) async throws(ProjectionError) -> [DirectoryStates] {
    DirectoryOutline(try await census()).rows(limit: limit)
  }

  /// The states of the directory at `path`, and of those right below it; nil where the provider has none there.
  package func directoryStates(at path: [UInt8]) async throws(ProjectionError) -> [DirectoryStates]? {
    let outline = DirectoryOutline(try await census())
    return outline.index(of: path).map { outline.rows(of: $0, at: path) }
  }
}

/// What of a census is worth being shown.
private struct DirectoryOutline {
  private let catalog: TreeCatalog
  private let totals: [FileCensus.Counts]

  init(_ census: FileCensus) {
    catalog = census.catalog
    totals = catalog.accumulate(census.counts) { $0 += $1 }
  }

  func index(of path: [UInt8]) -> TreeCatalog.Index? {
    var index: TreeCatalog.Index? = 0
    for name in path.split(separator: UInt8(ascii: "/")) {
      index = index.flatMap { catalog.child(Array(name), of: $0) }
    }
    return index
  }

  /// A directory with those right below it.
  func rows(of index: TreeCatalog.Index, at path: [UInt8]) -> [DirectoryStates] {
    [row(index, path, depth: 0)] + catalog.children(of: index).map { row($0, below(path, $0), depth: 1) }
  }

  func rows(limit: Int) -> [DirectoryStates] {
    var opened: Set<TreeCatalog.Index> = []
    var candidates: [TreeCatalog.Index] = [0]
    var shown = 1
    while shown < limit, let best = candidates.indices.max(by: { worth(candidates[$0]) < worth(candidates[$1]) }) {
      let index = candidates.remove(at: best)
      guard worth(index) > 0 else { break }
      let inside = catalog.children(of: index).filter { isTouched($0) }
      opened.insert(index)
      shown += inside.count
      candidates += inside
    }
    var rows: [DirectoryStates] = []
    add(0, [], depth: 0, opened, to: &rows)
    return rows
  }

  private func add(
    _ index: TreeCatalog.Index, _ path: [UInt8], depth: Int, _ opened: Set<TreeCatalog.Index>,
    to rows: inout [DirectoryStates]
  ) {
    rows.append(row(index, path, depth: depth))
    guard opened.contains(index) else { return }
    let place = rows.count - 1
    for child in catalog.children(of: index) {
      if isTouched(child) {
        add(child, below(path, child), depth: depth + 1, opened, to: &rows)
      } else {
        rows[place].untouched += 1
      }
    }
  }

  /// What is gained by showing what is in a directory: nothing where all its files are in one state.
  private func worth(_ index: TreeCatalog.Index) -> Int {
    let touched = touchedFiles(totals[index])
    let below = catalog.children(of: index).contains { isTouched($0) }
    return below && touched < catalog.total[index].count + totals[index].new ? touched : 0
  }

  private func isTouched(_ index: TreeCatalog.Index) -> Bool { touchedFiles(totals[index]) > 0 }

  private func touchedFiles(_ counts: FileCensus.Counts) -> Int {
    counts.hydrated + counts.placeholder + counts.full + counts.tombstone + counts.new
  }

  private func row(_ index: TreeCatalog.Index, _ path: [UInt8], depth: Int) -> DirectoryStates {
    DirectoryStates(path: path, depth: depth, states: FileStates(totals[index], of: catalog.total[index]))
  }

  private func below(_ path: [UInt8], _ index: TreeCatalog.Index) -> [UInt8] {
    path.isEmpty ? catalog.name(of: index) : path + [UInt8(ascii: "/")] + catalog.name(of: index)
  }
}
