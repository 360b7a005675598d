import Provider
import TestSupport
import Testing

/// How a model runs: how opens are served, and how the provider tells of its tree.
struct ModelSetting: Sendable, CustomTestStringConvertible {
  let engine: ViewDriver.Engine
  let way: ProviderWay

  /// All engines, and all ways of telling, though not each with each.
  static let some = listed + others
  private static let listed = ViewDriver.Engine.allCases.map { ModelSetting(engine: $0, way: .listed) }
  private static let others = [
    ModelSetting(engine: .passthrough, way: .byName), ModelSetting(engine: .cached, way: .paged),
  ]

  /// Seeds for each engine, and some of them for each way of telling.
  static func runs(_ seeds: UInt64, others count: UInt64) -> [(setting: ModelSetting, seed: UInt64)] {
    listed.flatMap { setting in (1...seeds).map { (setting, $0) } }
      + others.flatMap { setting in (1...count).map { (setting, $0) } }
  }

  var testDescription: String { "\(engine), \(way)" }

  /// A view of a tree.
  func view(of tree: TreeProvider, in home: TemporaryDirectory) async throws -> ViewDriver {
    ViewDriver(try await Fixture(way.provider(tree), owner: CoreModelTests.owner, in: home), engine)
  }
}
