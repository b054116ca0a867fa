// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/quantize/QuantRules.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DECL_APPLYQUANTRULES
#define GEN_PASS_DEF_APPLYQUANTRULES
#include "compiler/quantize/Passes.h.inc"

namespace {
/// Weights by the use that decides their default.
struct Uses {
  DenseSet<StringAttr> embeddings; // of llm.embedding
  DenseSet<StringAttr> heads;      // of the linear that makes the logits
  bool isKept(StringAttr name) const {
    return embeddings.contains(name) || heads.contains(name);
  }
};

struct ApplyQuantRules : impl::ApplyQuantRulesBase<ApplyQuantRules> {
  using ApplyQuantRulesBase::ApplyQuantRulesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::vector<QuantRule> parsed;
    for (const std::string &text : rules) {
      auto rule = parseQuantRule(text);
      if (!rule) {
        module.emitError(llvm::toString(rule.takeError()));
        return signalPassFailure();
      }
      parsed.push_back(*rule);
    }
    Uses uses = findUses(module);
    std::vector<bool> matched(parsed.size());
    for (auto weight : module.getOps<WeightOp>())
      annotate(weight, parsed, uses, matched);
    bool keptOne = only.empty() || keepOnly(module);
    unifySchemes(module);
    quantizeActivations(module);
    for (size_t i = 0; i < parsed.size(); ++i)
      if (!parsed[i].pattern.empty() && !matched[i])
        return matchesNothing("quantization rule '" + rules[i] + "'");
    if (!keptOne)
      matchesNothing("the pattern '" + only + "'");
  }

  void matchesNothing(const Twine &what) {
    ModuleOp module = getOperation();
    module.emitError() << what
                       << " matches no weight matrix; a pattern is compared "
                          "with names such as "
                       << exampleName(module)
                       << " and with their parts between dots";
    signalPassFailure();
  }

  /// Makes f32 what `only` does not match; false where it matches nothing.
  bool keepOnly(ModuleOp module) {
    bool matched = false;
    for (auto weight : module.getOps<WeightOp>()) {
      if (weight.getTensorType().getRank() == 1)
        continue;
      if (matchesPattern(only, weight.getSymName()))
        matched = true;
      else
        weight.setQuantAttr(
            QuantAttr::get(&getContext(), Scheme::F32, 0, false));
    }
    return matched;
  }

  static Uses findUses(ModuleOp module) {
    Uses uses;
    module.walk([&](Operation *op) {
      if (auto embedding = dyn_cast<EmbeddingOp>(op))
        uses.embeddings.insert(embedding.getWeightAttr().getAttr());
      else if (isa<func::ReturnOp>(op))
        for (Value result : op->getOperands())
          if (auto linear = result.getDefiningOp<LinearOp>())
            uses.heads.insert(linear.getWeightAttr().getAttr());
    });
    return uses;
  }

  /// A weight to show to the user: the name of the last matrix.
  static std::string exampleName(ModuleOp module) {
    std::string name = "(there is none)";
    for (auto weight : module.getOps<WeightOp>())
      if (weight.getTensorType().getRank() == 2)
        name = weight.getSymName();
    return name;
  }

  /// The scheme of the codes that the weight is made of, or null; parts are
  /// rows of one matrix here.
  static QuantAttr ownScheme(WeightOp weight) {
    auto parts = weight.getParts();
    if (!parts || parts->empty())
      return nullptr;
    auto source = cast<SourceAttr>((*parts)[0]);
    BlocksAttr blocks = source.getBlocks();
    if (!blocks)
      return nullptr;
    Scheme scheme = source.getType().getIntOrFloatBitWidth() == 8
                        ? Scheme::Block8
                        : Scheme::Block4;
    return QuantAttr::get(weight.getContext(), scheme, blocks.getSize(),
                          blocks.getZeros() >= 0);
  }

  static void annotate(WeightOp weight, ArrayRef<QuantRule> rules,
                       const Uses &uses, std::vector<bool> &matched) {
    MLIRContext *context = weight.getContext();
    if (weight.getTensorType().getRank() == 1) {
      weight.setQuantAttr(QuantAttr::get(context, Scheme::F32, 0, false));
      return;
    }
    if (rules.empty() && weight.getQuantAttr())
      return;
    StringAttr name = weight.getSymNameAttr();
    QuantAttr own = ownScheme(weight);
    QuantRule taken{"", "int4"};
    for (size_t i = 0; i < rules.size(); ++i) {
      const std::string &pattern = rules[i].pattern;
      if (!pattern.empty() && !matchesPattern(pattern, name) &&
          !(uses.heads.contains(name) && matchesPattern(pattern, "lm_head")))
        continue;
      matched[i] = true;
      taken = rules[i];
      own = nullptr;
    }
    if (own)
      return weight.setQuantAttr(own);
    if (taken.pattern.empty() && taken.scheme == "int4" && uses.isKept(name))
      taken = {"", "int8"};
    Scheme scheme = *symbolizeScheme(taken.scheme);
    int64_t group = scheme == Scheme::Int4 && !taken.group ? 32 : taken.group;
    weight.setQuantAttr(QuantAttr::get(context, scheme, group, taken.asymmetric));
  }

  /// Gives the linears that `fuse` joins one scheme, the most precise among
  /// them, whatever the rules said.
  static void unifySchemes(ModuleOp module) {
    SymbolTable symbols(module);
    std::string first;
    int64_t raised = 0;
    auto unify = [&](ArrayRef<Value> values) {
      SmallVector<WeightOp> weights;
      for (Value value : values)
        if (auto linear = value.getDefiningOp<LinearOp>())
          weights.push_back(symbols.lookup<WeightOp>(linear.getWeight()));
      if (weights.size() != values.size())
        return;
      QuantAttr best = weights.front().getQuantAttr();
      for (WeightOp weight : weights)
        best = finer(best, weight.getQuantAttr());
      for (WeightOp weight : weights) {
        if (weight.getQuantAttr() == best)
          continue;
        bool keepsCodes = weight.getQuantAttr().isBlocks() && best.isBlocks();
        weight.setQuantAttr(best);
        if (!keepsCodes && raised++ == 0)
          first = (weight.getSymName() + " gets the scheme " +
                   stringifyScheme(best.getScheme())).str();
      }
    };
    module.walk([&](GatedActivationOp op) {
      if (op.getUp())
        unify({op.getGate(), op.getUp()});
    });
    module.walk([&](AttentionOp op) {
      if (auto append = op.getCache().getDefiningOp<KvAppendOp>())
        unify({skipRope(op.getQ()), skipRope(append.getK()), append.getV()});
    });
    if (raised)
      module.emitWarning() << first << (raised > 1 ? ", and so on" : "")
                           << ": q, k and v are one linear, and so are gate and up";
  }

  /// The more precise scheme; of two with blocks, one that holds both's codes.
  static QuantAttr finer(QuantAttr a, QuantAttr b) {
    if (a.isBlocks() && b.isBlocks())
      return QuantAttr::get(a.getContext(), std::min(a.getScheme(), b.getScheme()),
                            std::min(a.getGroup(), b.getGroup()),
                            a.getAsymmetric() || b.getAsymmetric());
    auto coarseness = [](QuantAttr quant) {
      static constexpr Scheme order[] = {Scheme::F32,    Scheme::F16,
                                         Scheme::BF16,   Scheme::Block8,
                                         Scheme::Int8,   Scheme::Block4,
                                         Scheme::Int4};
      return std::pair(llvm::find(order, quant.getScheme()), quant.getGroup());
    };
    return coarseness(b) < coarseness(a) ? b : a;
  }

  static Value skipRope(Value value) {
    auto rope = value.getDefiningOp<RopeOp>();
    return rope ? rope.getX() : value;
  }

  static void quantizeActivations(ModuleOp module) {
    SymbolTable symbols(module);
    module.walk([&](LinearOp linear) {
      auto weight = symbols.lookup<WeightOp>(linear.getWeight());
      auto type = cast<RankedTensorType>(linear.getX().getType());
      if (!weight.getQuantAttr().hasInt8Activations() ||
          !type.getElementType().isF32())
        return;
      OpBuilder builder(linear);
      auto q8 = RankedTensorType::get(type.getShape(), builder.getI8Type(),
                                      Q8Attr::get(module.getContext(), 1));
      linear.getXMutable().assign(
          builder.create<QuantizeOp>(linear.getLoc(), q8, linear.getX()));
    });
  }
};
} // namespace
} // namespace llmc
