internal import Provider

/// Answers that are more than bytes.
extension Mailbox {
  /// The longest answer that is small: a root, sizes.
  private static var smallAnswer: Int { 64 * 1024 }

  /// Sends a request; calls `take` with the pieces of its answer.
  func answer(
    to request: ProgramRequest, _ take: ([UInt8]) throws(ProviderError) -> Void
  ) async throws {
    let exchange = try submit(request)
    // Also where `take` fails. After the end it does nothing.
    defer { exchange.abandon() }
    while let bytes = try await exchange.next() { try take(bytes) }
  }

  /// The fields of a small answer.
  func fields(of request: ProgramRequest) async throws -> [[UInt8]] {
    var reader = FieldReader()
    var fields: [[UInt8]] = []
    var length = 0
    try await answer(to: request) { bytes throws(ProviderError) in
      length += bytes.count
      guard length <= Self.smallAnswer else {
        throw .damaged("the answer to \(request.description) is longer than \(Self.smallAnswer) bytes")
      }
      try reader.read(bytes) { fields.append($0) }
    }
    try reader.finish()
    return fields
  }

  /// The root.
  func root() async throws -> DirectoryID {
    let fields = try await self.fields(of: .root)
    guard let root = fields.first, fields.count == 1, !root.isEmpty else {
      throw ProviderError.damaged("the answer to root is not one ID")
    }
    return DirectoryID(root)
  }
}
