package import Control
internal import Glibc
internal import Posix
package import Projection
internal import SystemPackage

/// What a served view keeps beside its record: what has happened to paths, the journal, and what users changed.
extension StateDirectory {
  private static let historyPrefix = "paths."

  /// Reads what has happened to paths; nil where it is damaged or gone.
  package func history(_ record: ViewRecord) -> PathHistory? {
    guard let name = record.history else { return PathHistory() }
    guard name.hasPrefix(Self.historyPrefix), !name.contains("/"),
      let bytes = try? FileCalls.contents(at: descriptor.rawValue, name)
    else { return nil }
    return PathHistory(encoded: bytes)
  }

  /// Writes what has happened to paths, and then the record, which makes it count. Returns the record as written.
  package func write(_ history: PathHistory, with record: ViewRecord) throws(Failure) -> ViewRecord {
    let last = record.history.flatMap { UInt64($0.dropFirst(Self.historyPrefix.count)) } ?? 0
    var written = record
    written.history = "\(Self.historyPrefix)\(last &+ 1)"
    do throws(Errno) {
      try FileCalls.replace(
        at: descriptor.rawValue, "\(Self.historyPrefix)\(last &+ 1)", with: history.encoded, owner: owner)
    } catch {
      throw .system(error)
    }
    try write(written)
    removeHistories(but: written.history)
    return written
  }

  /// Removes what earlier records counted.
  private func removeHistories(but kept: String?) {
    for name in (try? FileCalls.names(at: descriptor.rawValue, ".")) ?? [] {
      if name.hasPrefix(Self.historyPrefix), name != kept {
        try? FileCalls.remove(at: descriptor.rawValue, name)
      }
    }
  }

  /// Removes everything that a view of this version keeps in its directory, and the directory: what users changed as
  /// well.
  package consuming func remove() throws(Failure) {
    do throws(Errno) {
      try LocalTree.remove(from: descriptor.rawValue)
      removeHistories(but: nil)
      let names = Self.fileNames + ChangeJournal.fileNames
      for name in names + names.map({ $0 + ".new" }) {
        do {
          try FileCalls.remove(at: descriptor.rawValue, name)
        } catch .noSuchFileOrDirectory {
          continue
        }
      }
      try FileCalls.removeDirectory(path)
    } catch {
      throw .system(error)
    }
  }
}
