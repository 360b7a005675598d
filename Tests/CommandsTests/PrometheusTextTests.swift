import Control
import Testing

@testable import Commands

/// Checks the exposition format, version 0.0.4, as its documentation has it.
@Suite struct PrometheusTextTests {
  private struct Sample {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  /// Reads a whole exposition; throws where it is not one.
  private struct Exposition {
    var kinds: [String: String] = [:]
    var helps: Set<String> = []
    var samples: [Sample] = []

    struct Malformed: Error {
      let line: String
    }

    init(_ text: String) throws {
      guard text.hasSuffix("\n") else { throw Malformed(line: "the end") }
      for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
        let words = line.split(separator: " ", maxSplits: 3)
        if line.hasPrefix("# HELP ") {
          guard words.count == 4, helps.insert(String(words[2])).inserted else { throw Malformed(line: String(line)) }
        } else if line.hasPrefix("# TYPE ") {
          guard words.count == 4, kinds[String(words[2])] == nil, ["counter", "gauge", "histogram"].contains(words[3])
          else { throw Malformed(line: String(line)) }
          kinds[String(words[2])] = String(words[3])
        } else {
          samples.append(try Self.sample(line))
        }
      }
    }

    private static func sample(_ line: Substring) throws -> Sample {
      guard let open = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}") else {
        throw Malformed(line: String(line))
      }
      let name = String(line[..<open])
      guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_" || $0.isNumber) }), name.first?.isNumber == false,
        let value = Double(line[line.index(close, offsetBy: 2)...])
      else { throw Malformed(line: String(line)) }
      return Sample(name: name, labels: try labels(line[line.index(after: open)..<close]), value: value)
    }

    private static func labels(_ text: Substring) throws -> [String: String] {
      var labels: [String: String] = [:]
      var rest = text[...]
      while !rest.isEmpty {
        guard let equals = rest.firstIndex(of: "="), rest[rest.index(after: equals)...].first == "\"" else {
          throw Malformed(line: String(text))
        }
        let name = String(rest[..<equals])
        rest = rest[equals...].dropFirst(2)
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
          guard character == "\\" else {
            value.append(character)
            continue
          }
          switch rest.popFirst() {
          case "n": value.append("\n")
          case "\\": value.append("\\")
          case "\"": value.append("\"")
          default: throw Malformed(line: String(text))
          }
        }
        guard labels.updateValue(value, forKey: name) == nil else { throw Malformed(line: String(text)) }
        if rest.first == "," { rest.removeFirst() }
      }
      return labels
    }
  }

  @Test("Every sample belongs to a family that was announced, none comes twice, and labels are as they were")
  func wellFormed() throws {
    let report = SampleReports.busy
    let exposition = try Exposition(PrometheusText.text(report))
    #expect(exposition.helps == Set(exposition.kinds.keys))
    for sample in exposition.samples {
      #expect(sample.labels["mountpoint"] == report.mountpoint)
      let isPart = ["_bucket", "_sum", "_count"].contains { part in
        sample.name.hasSuffix(part) && exposition.kinds[String(sample.name.dropLast(part.count))] == "histogram"
      }
      #expect(isPart || exposition.kinds[sample.name] != nil, "\(sample.name)")
      if exposition.kinds[sample.name] == "counter" { #expect(sample.name.hasSuffix("_total")) }
    }
    let keys = exposition.samples.map { "\($0.name) \($0.labels.sorted { $0.key < $1.key })" }
    #expect(Set(keys).count == keys.count)
  }

  @Test("Histograms rise, end with all, and say how many there were")
  func histograms() throws {
    let exposition = try Exposition(PrometheusText.text(SampleReports.busy))
    let lookups = exposition.samples.filter {
      $0.name.hasPrefix("projfs_request_duration_seconds") && $0.labels["operation"] == "LOOKUP"
    }
    let buckets = lookups.filter { $0.name.hasSuffix("_bucket") }
    #expect(buckets.map(\.value) == [0, 0, 100, 900, 1000, 1000])
    #expect(buckets.compactMap { $0.labels["le"].flatMap(Double.init) } == [1e-6, 2e-6, 4e-6, 8e-6, 16e-6, .infinity])
    #expect(lookups.first { $0.name.hasSuffix("_count") }?.value == 1000)
    #expect(lookups.first { $0.name.hasSuffix("_sum") }?.value == 0.009)
    #expect(
      exposition.samples.first { $0.name == "projfs_hydrations_total" && $0.labels["cause"] == "open" }?.value == 11)
    #expect(exposition.samples.first { $0.name == "projfs_files" && $0.labels["state"] == "hydrated" }?.value == 14)
  }

  @Test("A view in which nothing happened yet is well-formed as well")
  func empty() throws {
    let exposition = try Exposition(PrometheusText.text(StatsReport()))
    #expect(exposition.kinds["projfs_request_duration_seconds"] == nil)
    #expect(exposition.samples.contains { $0.name == "projfs_uptime_seconds" })
  }
}
