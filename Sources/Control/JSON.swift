internal import FoundationEssentials

/// The one form of JSON that files, the control socket and `--json` share: snake_case keys in a fixed order.
package enum JSON {
  /// Encodes a value.
  package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys]
    return Array(try encoder.encode(value))
  }

  /// Decodes a value.
  package static func decode<Value: Decodable>(_ type: Value.Type, from data: some Sequence<UInt8>) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(data))
  }
}
