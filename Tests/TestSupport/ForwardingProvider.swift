package import Provider
package import SystemPackage

/// A provider that passes on to another one what it does not answer itself.
package protocol ForwardingProvider<Base>: ContentProvider {
  associatedtype Base: ContentProvider
  /// The other one.
  var base: Base { get }
}

extension ForwardingProvider {
  package func root() async throws -> DirectoryID { try await base.root() }
  package func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await base.list(directory) }
  package func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try await base.fetch(content, into: &sink)
  }
}

extension ForwardingProvider where Self: PagedListingProvider {
  // Its own pages; the other one may list the same in another way.
  package func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    try await DirectoryListing { cursor in try await page(of: directory, from: cursor) }
  }
}

extension ForwardingProvider where Base: SizeProvider {
  package func sizes(of contents: [ContentID]) async throws -> [Int64] { try await base.sizes(of: contents) }
}

extension ForwardingProvider where Base: ContentVerifier {
  package func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    try await base.verify(content, file: file)
  }
}

extension ForwardingProvider where Base: MemoryProvider {
  package var tree: TreeProvider { base.tree }
}
