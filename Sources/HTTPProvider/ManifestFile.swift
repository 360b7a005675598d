internal import FoundationEssentials

/// A manifest as it is written: docs/Manifest.md.
struct ManifestFile: Decodable {
  let format: String
  let version: Int
  let base: String?
  let entries: [Entry]

  struct Entry: Decodable {
    let path: String?
    let pathBase64: String?
    let size: Int64?
    let sha256: String?
    let mode: String?
    let url: String?
    let chunkSize: Int64?
    let chunks: [String]?
    let target: String?
    let targetBase64: String?
    let directory: Bool?

    enum CodingKeys: String, CodingKey {
      case path, size, sha256, mode, url, chunks, target, directory
      case pathBase64 = "path_base64"
      case chunkSize = "chunk_size"
      case targetBase64 = "target_base64"
    }
  }

  /// Reads the bytes of a manifest.
  static func read(_ bytes: Data) throws(ManifestError) -> ManifestFile {
    do {
      let manifest = try JSONDecoder().decode(ManifestFile.self, from: bytes)
      guard manifest.format == "projfs-manifest" else {
        throw ManifestError("its format is '\(manifest.format)' and not 'projfs-manifest'")
      }
      guard manifest.version == 1 else { throw ManifestError("version \(manifest.version) is not known here") }
      return manifest
    } catch let error as ManifestError {
      throw error
    } catch let error as DecodingError {
      throw ManifestError(describe(error))
    } catch {
      throw ManifestError("\(error)")
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
      let keys = context.codingPath + (key.map { [$0] } ?? [])
      let path = keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
      return path.isEmpty ? "the manifest" : "'\(path.drop { $0 == "." })'"
    }
    return switch error {
    case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
    case .typeMismatch(_, let context): "\(place(context)) is of the wrong type"
    case .valueNotFound(_, let context): "\(place(context)) is null"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? "it is not JSON" : "\(place(context)) has a value that it cannot have"
    @unknown default: "\(error)"
    }
  }
}
