package import Provider

extension GitContent {
  /// The paths, from the directory `top` and without a slash at the front, of all files that are shown with other bytes than their
  /// blobs have.
  ///
  /// Reads every tree, unless nothing outside of the tree says how files are converted and, as the caller knows, nothing in
  /// it does: `hasAttributesFiles` is whether it has a `.gitattributes`. Throws where a tree cannot be read.
  package func convertedFiles(
    below top: DirectoryID, hasAttributesFiles: Bool
  ) async throws -> [[UInt8]: Int64?] {
    guard hasAttributesFiles || convertsFromOutside else { return [:] }
    var found: [[UInt8]: ContentID] = [:]
    var waiting: [(directory: DirectoryID, path: [UInt8])] = [(top, [])]
    while let (directory, path) = waiting.popLast() {
      try Task.checkCancellation()
      let listing = try await list(directory)
      for index in 0..<listing.count {
        let child = { listing.withName(at: index) { path + $0 } }
        switch listing.kind(at: index) {
        case .directory: waiting.append((listing.directory(at: index), child() + [UInt8(ascii: "/")]))
        case .file where listing.content(at: index).bytes.count != TreeReader.idLength:
          found[child()] = listing.content(at: index)
        case .file, .symbolicLink: break
        }
      }
    }
    // To know a size its bytes have to be made: not for very many.
    guard found.count <= Self.mostSizes else { return found.mapValues { _ in nil } }
    var sizes: [[UInt8]: Int64?] = [:]
    for (path, content) in found { sizes[path] = try? await self.sizes(of: [content]).first }
    return sizes
  }

  private static var mostSizes: Int { 5_000 }
}
