package import Projection

/// What a view answers git's fsmonitor hook: a new token, and the paths that may have changed since the old one, each with
/// a NUL behind it.
///
/// A path that ends with a slash stands for everything below it, and a slash alone for everything. Naming too much costs
/// time; naming too little would hide a change. The gitfile at the root is not named: it is not part of the tree.
package enum FsmonitorAnswer {
  /// Commands that write the file of submodules after they have asked, and then believe the answer.
  private static let submoduleWriters: Set<String> = ["rm", "mv"]

  /// Whether an answer has git look at everything.
  package static func isEverything(_ answer: [UInt8]) -> Bool { answer.suffix(3) == [0, UInt8(ascii: "/"), 0] }

  /// The answer for a command that has to look for itself at the files that it is about: beside what changed `paths` or,
  /// where there are none, all that there is, name by name, so that git goes on believing what it knows of untracked files.
  package static func everything(
    at paths: [[UInt8]], beside answer: [UInt8], in fileSystem: ProjectionCore
  ) async -> [UInt8] {
    let all = [UInt8(ascii: "/"), 0]
    if answer.isEmpty || isEverything(answer) { return answer }
    var names: [[UInt8]]? = paths
    if paths.isEmpty { names = await fileSystem.topNames() }
    guard let names else { return answer + all }
    return names.reduce(into: answer) { answer, name in
      if !name.elementsEqual(".git".utf8) { answer += name + [0] + name + all }
    }
  }

  /// The answer to a question with `token`.
  ///
  /// The token of a tree, with which the first index of a view begins, is answered where the view projects that tree:
  /// `tree` is asked for it at each question. Blocks while the journal or the local tree is read.
  package static func bytes(
    since token: String, by command: String = "status", of fileSystem: ProjectionCore, tree: () -> String?
  ) -> [UInt8]? {
    guard let answer = bytes(since: token, fileSystem, tree) else { return nil }
    return submoduleWriters.contains(command) ? answer + Array(".gitmodules".utf8) + [0] : answer
  }

  private static func bytes(
    since token: String, _ fileSystem: ProjectionCore, _ tree: () -> String?
  ) -> [UInt8]? {
    if let shown = tree(), token == IndexSeed.token(tree: shown) {
      return sinceTree(fileSystem) { tree() == shown }
    }
    guard let changes = fileSystem.changes(since: ChangeJournal.Token(token)) else { return nil }
    switch changes {
    case .unknown(let token): return answer(token, nil, in: fileSystem)
    case .exact(let paths, let token): return answer(token, paths, in: fileSystem)
    }
  }

  /// Everything that the user has. The moment is taken before it is looked for, and what is open for writing is named as
  /// well: what changes meanwhile is named now, or the next time.
  private static func sinceTree(_ fileSystem: ProjectionCore, isStillShown: () -> Bool) -> [UInt8]? {
    guard let now = fileSystem.changes(since: nil)?.token, let differences = try? fileSystem.localDifferences(),
      let meanwhile = fileSystem.changes(since: now)
    else { return nil }
    guard case .exact(let written, _) = meanwhile, isStillShown() else { return answer(now, nil, in: fileSystem) }
    return answer(now, differences + written, in: fileSystem)
  }

  private static func answer(
    _ token: ChangeJournal.Token, _ changes: [ChangeJournal.Change]?, in fileSystem: ProjectionCore
  ) -> [UInt8] {
    var bytes = Array(token.description.utf8) + [0]
    guard let changes, !changes.contains(where: { $0.path.isEmpty && $0.scope == .subtree }) else {
      return bytes + [UInt8(ascii: "/"), 0]
    }
    for change in changes where !change.path.isEmpty && !change.path.elementsEqual(".git".utf8) {
      // git would look at everything below a directory whose attributes changed, which do not concern it.
      if change.scope == .entry, fileSystem.isMergedDirectory(change.path) { continue }
      bytes += change.path + [0]
      // It may be a directory, or may have been one.
      if change.scope == .subtree { bytes += change.path + [UInt8(ascii: "/"), 0] }
    }
    return bytes
  }
}
