import Glibc
import Posix
import Synchronization
import SystemPackage
import TestSupport

@testable import Projection

/// A state directory with a journal in it, and a disk that fails when it is told to.
final class JournalFixture: Sendable {
  private let temporary: TemporaryDirectory
  private let directory: OwnedDescriptor
  private let failing = Mutex<[JournalDirectory.Step: Errno]>([:])

  init() throws {
    temporary = try TemporaryDirectory()
    directory = try FileCalls.open(temporary.path, O_RDONLY | O_DIRECTORY)
  }

  func open(afterCleanStop: Bool = true, segmentLimit: Int = ChangeJournal.defaultSegmentLimit) throws -> ChangeJournal
  {
    try ChangeJournal(in: directory, owner: nil, afterCleanStop: afterCleanStop, segmentLimit: segmentLimit) {
      [self] step in failing.withLock { $0[step] }
    }
  }

  /// Makes steps fail from now on; without any, all work again.
  func fail(_ steps: JournalDirectory.Step..., with error: Errno = .noSpace) {
    fail(steps, with: error)
  }

  func fail(_ steps: [JournalDirectory.Step], with error: Errno = .noSpace) {
    failing.withLock { $0 = Dictionary(uniqueKeysWithValues: steps.map { ($0, error) }) }
  }

  var names: [String] {
    get throws { try FileCalls.names(at: directory.rawValue, ".").sorted() }
  }

  func size(_ name: String = "journal") throws -> Int {
    Int(try FileCalls.status(at: directory.rawValue, name).st_size)
  }

  func permissions(_ name: String = "journal") throws -> UInt32 {
    try FileCalls.status(at: directory.rawValue, name).st_mode & 0o7777
  }

  func truncate(_ name: String = "journal", to size: Int) throws {
    let file = try FileCalls.open(at: directory.rawValue, name, O_RDWR)
    try FileCalls.retrying { ftruncate(file.rawValue, off_t(size)) }
  }

  /// Flips bits of one byte.
  func damage(_ name: String = "journal", at offset: Int, _ bits: UInt8 = 0x10) throws {
    let file = try FileCalls.open(at: directory.rawValue, name, O_RDWR)
    var byte = try FileCalls.read(file.rawValue, at: Int64(offset), count: 1)
    byte[0] ^= bits
    try FileCalls.retrying { pwrite(file.rawValue, byte, 1, off_t(offset)) }
  }
}

extension ChangeJournal {
  @discardableResult
  func record(_ path: String, _ scope: Scope = .entry) -> UInt64 { record(Array(path.utf8), scope) }

  func recordRename(from old: String, to new: String, _ scope: Scope = .entry, exchanging: Bool = false) {
    recordRename(from: Array(old.utf8), to: Array(new.utf8), scope, exchanging: exchanging)
  }

  func recordRemoval(of path: String, _ scope: Scope = .entry) { recordRemoval(of: Array(path.utf8), scope) }

  func recordLink(from old: String, to new: String) { recordLink(from: Array(old.utf8), to: Array(new.utf8)) }

  func beginWriting(_ path: String) -> WriterToken { beginWriting(Array(path.utf8)) }

  /// The paths of an exact answer as text, with a slash behind those of subtrees, sorted; nil for "unknown".
  func paths(since token: Token?) -> [String]? { changes(since: token).texts }
}

extension ChangeJournal.Changes {
  var texts: [String]? {
    guard case .exact(let paths, _) = self else { return nil }
    return paths.map { String(decoding: $0.path, as: UTF8.self) + ($0.scope == .subtree ? "/" : "") }.sorted()
  }
}
