import Provider
import TestSupport

/// A root with one symbolic link, whose content another provider has.
struct LinkProvider: ContentProvider {
  private let contents: TreeProvider
  private let target: ContentID
  private let length: Int

  init(_ contents: TreeProvider, target: ContentID, length: Int) {
    self.contents = contents
    self.target = target
    self.length = length
  }

  func root() async throws -> DirectoryID { "" }

  func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var listing = DirectoryListing()
    listing.appendSymbolicLink("link", target: target, size: Int64(length))
    return listing
  }

  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try await contents.fetch(content, into: &sink)
  }
}
