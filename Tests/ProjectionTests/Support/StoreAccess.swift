import Glibc
import Posix
import Projection
import Provider
import SystemPackage

extension ContentStore {
  /// Stores a text; returns the size of the file that came of it.
  @discardableResult
  func keep(_ content: ContentID, _ text: String) async throws -> Int64 {
    let file = try await store(content) { sink in try sink.write(Array(text.utf8)) }
    return Int64(try FileCalls.status(file.rawValue).st_size)
  }

  /// A stored content as text; nil where it is not stored.
  func text(of content: ContentID) throws -> String? {
    guard let stored = try open(content) else { return nil }
    let size = try FileCalls.status(stored.file.rawValue).st_size
    return String(decoding: try FileCalls.read(stored.file.rawValue, at: 0, count: Int(size)), as: UTF8.self)
  }

  /// A stored content, open; nil where it is not stored.
  func openFile(_ content: ContentID) throws -> OpenFile? {
    guard let stored = try open(content) else { return nil }
    return OpenFile(dup(stored.file.rawValue))
  }

  /// Whether a stored content is to be verified; nil where it is not stored.
  func isSuspect(_ content: ContentID) throws -> Bool? {
    guard let stored = try open(content) else { return nil }
    return stored.isSuspect
  }
}

/// An open file that can be handed around.
final class OpenFile: Sendable {
  private let descriptor: OwnedDescriptor

  var rawValue: CInt { descriptor.rawValue }

  /// All that is in it.
  var bytes: [UInt8] {
    get throws {
      let size = try FileCalls.status(rawValue).st_size
      return try FileCalls.read(rawValue, at: 0, count: Int(size) + 1)
    }
  }

  init(_ number: CInt) {
    descriptor = OwnedDescriptor(rawValue: number)
  }
}

/// The paths of all files below a directory, without the mark of an unclean stop.
func files(below path: String) throws -> [String] {
  var result: [String] = []
  for name in try FileCalls.names(path) where name != "suspect" {
    if try FileCalls.status("\(path)/\(name)").st_mode & S_IFMT == S_IFDIR {
      result += try files(below: "\(path)/\(name)").map { "\(name)/\($0)" }
    } else {
      result.append(name)
    }
  }
  return result.sorted()
}
