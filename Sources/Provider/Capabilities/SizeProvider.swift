/// A provider that can tell how long contents are without fetching them.
///
/// Asked only for entries that were listed without a size, when somebody looks at their attributes. Of a provider that
/// lists entries without sizes and is no `SizeProvider`, contents are fetched to be counted.
public protocol SizeProvider: ContentProvider {
  /// The lengths in bytes of some contents, in the order asked.
  func sizes(of contents: [ContentID]) async throws -> [Int64]
}

extension ContentProvider {
  /// The lengths in bytes of some contents, in the order asked: as the provider tells them, or counted.
  ///
  /// `progress` counts the bytes that came to be counted. Throws `ProviderError.wrongSize` where a provider answers with more or fewer than were asked for, or below zero.
  package func measuredSizes(of contents: [ContentID], progress: SinkProgress? = nil) async throws -> [Int64] {
    if let provider = self as? any SizeProvider {
      let sizes = try await provider.sizes(of: contents)
      guard sizes.count == contents.count, sizes.allSatisfy({ $0 >= 0 }) else {
        throw ProviderError.wrongSize("the sizes of \(contents.count) contents asked for, \(sizes.count) came")
      }
      return sizes
    }
    var sizes: [Int64] = []
    for content in contents {
      var sink = ContentSink.counting(progress)
      try await fetch(content, into: &sink)
      sizes.append(sink.bytesWritten)
    }
    return sizes
  }
}
