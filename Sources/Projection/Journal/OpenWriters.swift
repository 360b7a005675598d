/// The files that are open for writing, each with the paths at which its changes are visible.
///
/// Beginning and ending are one step in a dictionary. Renames and removals look at every open writer: there are few of
/// them at a time, and none of it happens when there are none.
struct OpenWriters: Sendable {
  private var writers: [ChangeJournal.WriterToken: [JournalPath]] = [:]
  private var lastToken: UInt64 = 0

  var isEmpty: Bool { writers.isEmpty }

  /// The paths of all writers; a path stands there once for each of its writers.
  var paths: [JournalPath] { writers.values.flatMap(\.self) }

  mutating func begin(_ path: JournalPath) -> ChangeJournal.WriterToken {
    lastToken += 1
    let token = ChangeJournal.WriterToken(rawValue: lastToken)
    writers[token] = [path]
    return token
  }

  /// Ends a writer; returns its paths, none where it is not known or all of them are gone.
  mutating func end(_ token: ChangeJournal.WriterToken) -> [JournalPath] {
    writers.removeValue(forKey: token) ?? []
  }

  /// What `old` was is now `new`; what `new` was is gone, or is `old` where they were exchanged.
  mutating func move(
    from old: JournalPath, to new: JournalPath, _ scope: ChangeJournal.Scope, exchanging: Bool
  ) {
    guard old != new else { return }
    update { path in
      if path.isCovered(by: old, scope) { return [path.moved(from: old, to: new)] }
      guard path.isCovered(by: new, scope) else { return nil }
      return exchanging ? [path.moved(from: new, to: old)] : []
    }
  }

  /// Nothing is at `path` any more.
  mutating func drop(_ path: JournalPath, _ scope: ChangeJournal.Scope) {
    update { $0.isCovered(by: path, scope) ? [] : nil }
  }

  /// The file at `old` is at `new` as well.
  mutating func link(_ old: JournalPath, to new: JournalPath) {
    update { $0 == old ? [old, new] : nil }
  }

  /// Puts other paths in the place of those for which `change` returns any.
  private mutating func update(_ change: (JournalPath) -> [JournalPath]?) {
    var index = writers.startIndex
    while index != writers.endIndex {
      let paths = writers.values[index]
      let changed = paths.flatMap { change($0) ?? [$0] }
      if changed != paths { writers.values[index] = changed }
      writers.formIndex(after: &index)
    }
  }
}
