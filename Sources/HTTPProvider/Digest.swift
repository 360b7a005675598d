internal import CCrypto
internal import Provider
internal import SystemPackage

/// A SHA-256, the name of a content.
struct Digest: Hashable, Sendable {
  /// 32 bytes.
  let bytes: [UInt8]

  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Reads 64 hexadecimal digits.
  init?(hexadecimal text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// The digest of bytes in memory.
  init(of bytes: [UInt8]) throws(ProviderError) {
    var hasher = try Hasher256()
    bytes.withUnsafeBytes { hasher.update($0) }
    self = hasher.finish()
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Hashes bytes as they come, by libcrypto, which uses the processor's instructions for it.
struct Hasher256: ~Copyable {
  private let context: OpaquePointer

  /// Throws where there is no memory for it.
  init() throws(ProviderError) {
    guard let context = EVP_MD_CTX_new() else { throw .system(.noMemory, "cannot hash") }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw .system(.noMemory, "cannot hash")
    }
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
  }

  /// Takes what comes next.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of all that came. Nothing may come after.
  mutating func finish() -> Digest {
    let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      var length: UInt32 = 0
      EVP_DigestFinal_ex(context, buffer.baseAddress, &length)
      count = Int(length)
    }
    return Digest(unchecked: bytes)
  }
}
