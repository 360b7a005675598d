import GitProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport

/// A git repository of a test's own, with a first commit: two files, a directory and a link.
struct TestRepository {
  let directory: TemporaryDirectory
  let git: GitFixture

  var path: String { git.path }

  init() throws {
    directory = try TemporaryDirectory()
    git = try GitFixture(at: directory.path + "/repository")
    try git.add("README", "read me\n")
    try git.add("run", "#!/bin/sh\n", executable: true)
    try git.add("dir/file", "in a directory\n")
    try FileCalls.retrying { symlink("dir/file", git.path + "/link") }
    try git.git("add", "link")
    try git.commit("first")
  }

  func open(_ path: String? = nil) throws(GitSourceError) -> GitRepository {
    try GitRepository(path: path ?? self.path)
  }

  func content(_ revision: String = "HEAD", verifyObjects: Bool = false) throws -> GitContent {
    let repository = try open()
    return try GitContent(
      repository: repository, revision: try repository.revision(revision), verifyObjects: verifyObjects)
  }

  /// The id of an object, as the content ID that it is.
  func id(_ name: String) throws -> ContentID {
    try contentID(git.git("rev-parse", name))
  }

  /// Where git keeps an object that is not in a pack.
  func looseObject(_ id: ContentID) -> String {
    let digits = id.description
    return "\(path)/.git/objects/\(digits.prefix(2))/\(digits.dropFirst(2))"
  }

  /// Stores a blob under the name of another one.
  func replace(_ id: ContentID, withObjectOf text: String) throws {
    let other = contentID(try git.storeObject("blob", Array(text.utf8)))
    try FileCalls.remove(looseObject(id))
    try FileCalls.retrying { rename(looseObject(other), looseObject(id)) }
  }
}

/// The content ID with these hexadecimal digits.
func contentID(_ digits: String) -> ContentID {
  let values = digits.compactMap(\.hexDigitValue)
  return ContentID(stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) })
}

extension ContentProvider {
  /// A content's bytes, by way of a file in `directory`.
  func bytes(of content: ContentID, in directory: TemporaryDirectory) async throws -> [UInt8] {
    let path = "\(directory.path)/fetched"
    let file = try FileCalls.open(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
    var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
    try await fetch(content, into: &sink)
    return try FileCalls.read(file.rawValue, at: 0, count: Int(sink.bytesWritten) + 1)
  }

  /// The names of a directory, sorted.
  func names(_ directory: DirectoryID) async throws -> [String] {
    let listing = try await list(directory).sorted()
    return (0..<listing.count).map { index in
      listing.withName(at: index) { String(decoding: $0, as: UTF8.self) }
    }
  }
}
