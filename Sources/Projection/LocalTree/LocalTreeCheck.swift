internal import Glibc
package import Posix
package import Provider
package import SystemPackage

/// Looks through a local tree for what makes no sense, and mends it. Only while no server has the view.
package final class LocalTreeCheck: Sendable {
  /// Something that is wrong.
  package struct Finding: Sendable {
    /// What may be done about it.
    enum Mending: Sendable {
      /// Take it away: it says nothing.
      case remove
      /// Move it to `lost+found`.
      case keep
      /// Take the mark away that makes something of the provider's show through.
      case unmark
    }

    /// The path from the view's root.
    package let path: String
    /// What is wrong, and what mending does, in words.
    package let text: String
    let mending: Mending
    fileprivate let directory: DirectoryHandle
    fileprivate let name: [UInt8]
  }

  private let provider: TimedProvider
  private let state: OwnedDescriptor
  private let owner: FileOwner?

  /// Checks the local tree in the state directory `path` against what `provider` has.
  package init(of provider: any ContentProvider, in path: String, owner: FileOwner?) throws(Errno) {
    self.provider = TimedProvider(provider)
    self.owner = owner
    state = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
  }

  /// Everything that is wrong. Changes nothing; reads each local directory and the provider's below it.
  package func findings() async throws -> [Finding] {
    guard let top = try openTop() else { return [] }
    var findings: [Finding] = []
    try await look(into: top, origin: try await provider.root(), path: "", &findings)
    return findings
  }

  private func openTop() throws(Errno) -> DirectoryHandle? {
    do {
      return DirectoryHandle(
        try FileCalls.open(at: state.rawValue, LocalTree.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// How many entries `lost+found` has.
  package func keptCount() -> Int {
    (try? FileCalls.names(at: state.rawValue, LocalTree.keepingName).count) ?? 0
  }

  /// Mends one finding. Nothing that may be somebody's is removed.
  package func mend(_ finding: Finding) throws(Errno) {
    let directory = finding.directory.rawValue
    switch finding.mending {
    case .remove: try EntryCalls.remove(at: directory, finding.name)
    case .keep: try Keeping(state: state.rawValue, owner: owner).keep(finding.name, in: directory)
    case .unmark:
      try ExtendedAttributes.remove(at: directory, finding.name, Array(Marks.contentName.utf8))
    }
  }

  private func look(
    into directory: DirectoryHandle, origin: DirectoryID?, path: String, _ findings: inout [Finding]
  ) async throws {
    let listing = try await listing(of: origin)
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      if path.isEmpty, LocalTree.isIntegration(entry) { continue }
      let child = path + String(decoding: entry.name, as: UTF8.self)
      let verdict = try await check(entry.name, in: directory, over: listing)
      if let mending = verdict.mending {
        findings.append(
          Finding(path: child, text: verdict.text, mending: mending, directory: directory, name: entry.name))
      }
      guard let below = verdict.directory else { continue }
      try await look(into: below, origin: verdict.origin, path: child + "/", &findings)
    }
  }

  /// What is to be said of an entry.
  private struct Verdict {
    var mending: Finding.Mending?
    var text = ""
    /// The directory that it is, to be looked into, and what of the provider's shows through.
    var directory: DirectoryHandle?
    var origin: DirectoryID?
  }

  private func check(
    _ name: [UInt8], in directory: DirectoryHandle, over listing: ProvidedEntries
  ) async throws -> Verdict {
    let index = listing.place(of: name)
    let status = try EntryCalls.status(at: directory.rawValue, name)
    if LocalTree.isWhiteout(status) {
      if index != nil { return Verdict() }
      return Verdict(mending: .remove, text: "hides a name that the source does not have")
    }
    let marks = try Marks(at: directory.rawValue, name)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      let opened = try EntryCalls.open(at: directory.rawValue, name, O_RDONLY | O_DIRECTORY)
      return try await check(marks, DirectoryHandle(opened), over: listing, at: index)
    case S_IFREG:
      guard let content = marks.content, try await !isKnown(content, size: marks.placeholder(status, for: content).size)
      else {
        return Verdict()
      }
      return Verdict(mending: .keep, text: "stands for a content that the source does not have (any more)")
    default: return Verdict()
    }
  }

  private func check(
    _ marks: Marks, _ handle: DirectoryHandle, over listing: ProvidedEntries, at index: Int?
  ) async throws -> Verdict {
    var verdict = Verdict(directory: handle)
    guard let content = marks.content else { return verdict }
    if content.isEmpty {
      if let index, listing.kind(at: index) == .directory {
        verdict.origin = listing.directory(at: index)
      } else {
        verdict.mending = .unmark
        verdict.text = "is to show a directory of the source that is not there; what is in it stays"
      }
    } else if try await canBeListed(content) {
      verdict.origin = DirectoryID(content)
    } else {
      verdict.mending = .unmark
      verdict.text = "shows a directory that the source does not have (any more); what is in it stays"
    }
    return verdict
  }

  private func canBeListed(_ content: [UInt8]) async throws -> Bool {
    guard content.count <= ContentID.maximumLength else { return false }
    return try await isThere { _ = try await provider.entries(of: DirectoryID(content)) }
  }

  private func isKnown(_ content: [UInt8], size: Int64) async throws -> Bool {
    guard !content.isEmpty, content.count <= ContentID.maximumLength else { return false }
    var known: Int64?
    let isThere = try await isThere { known = try await provider.sizes(of: [ContentID(content)]).first }
    return isThere && known == size
  }

  /// Whether the source has what `body` asks for. Throws where it cannot be asked: that says nothing of what it has.
  private func isThere(_ body: () async throws -> Void) async throws -> Bool {
    do {
      try await body()
      return true
    } catch let error as ProviderError {
      switch error {
      case .unavailable, .system: throw error
      case .missing, .damaged, .denied, .unsupported, .wrongSize, .outdated: return false
      }
    }
  }

  private func listing(of origin: DirectoryID?) async throws -> ProvidedEntries {
    guard let origin else { return ProvidedEntries() }
    return try await provider.entries(of: origin)
  }
}
