// Eigen as an engine for the gate: ./engine [float64 | float32], after
//   c++ -O2 -std=c++17 -I/usr/include/eigen3 eigen_engine.cpp -o engine
// Its JSON is nlohmann's (Debian: libeigen3-dev, nlohmann-json3-dev).
#include <Eigen/Dense>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using json = nlohmann::json;

template <class T>
struct Engine {
	using Vec = Eigen::Array<T, Eigen::Dynamic, 1>;
	using Mat = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
	using Rows = std::vector<Vec>;

	static T number(const json& v) {
		if (!v.is_string()) return T(v.get<double>());
		const std::string s = v;
		return s == "NaN" ? T(NAN) : s == "Infinity" ? T(INFINITY) : T(-INFINITY);
	}
	static Vec vec(const json& a) {
		Vec v(a.size());
		for (size_t k = 0; k < a.size(); k++) v[k] = number(a[k]);
		return v;
	}
	static Rows rows(const json& a) {
		Rows r;
		for (auto& v : a) r.push_back(vec(v));
		return r;
	}
	static json out(double x) {
		return std::isnan(x) ? json("NaN") : std::isinf(x) ? json(x > 0 ? "Infinity" : "-Infinity") : json(x);
	}
	static json out(const Vec& v) {
		json a = json::array();
		for (T x : v) a.push_back(out(double(x)));
		return a;
	}
	static json out(const Rows& r) {
		json a = json::array();
		for (auto& v : r) a.push_back(out(v));
		return a;
	}

	static Mat matrix(const json& o, const Vec& w) {
		if (o["op"] != "fixed") return Eigen::Map<const Mat>(w.data(), o["out"], o["in"]);
		Mat m(o["a"].size(), o["a"][0].size());
		for (int i = 0; i < m.rows(); i++) m.row(i) = vec(o["a"][i]).matrix().transpose();
		return m;
	}
	static Vec sigmoid(const Vec& x) {
		const Vec e = (-x.abs()).exp();
		return (x < T(0)).select(e / (1 + e), 1 / (1 + e));
	}
	static Vec one(T x) { return Vec::Constant(1, x); }

	static Vec forward(const json& o, const Vec& x, const Vec& w) {
		const std::string op = o["op"];
		if (op == "linear" || op == "fixed") return (matrix(o, w) * x.matrix()).array();
		if (op == "affine") return (matrix(o, w) * x.matrix()).array() + w.tail(int(o["out"]));
		if (op == "bias") return x + w;
		if (op == "scale") return x * w;
		if (op == "tanh") return x.tanh();
		if (op == "sigmoid") return sigmoid(x);
		if (op == "softplus" || op == "logistic") // max loses NaN
			return x.isNaN().select(x, x.cwiseMax(T(0)) + (-x.abs()).exp().log1p());
		if (op == "square") return x.square();
		if (op == "halfsq") return one(x.square().sum() / 2);
		if (op == "softmaxce")
			return one(std::log((x - x.maxCoeff()).exp().sum()) + (x.maxCoeff() - x[int(o["label"])]));
		if (op == "bilinear") return one(std::pow((x * w).sum(), T(2)) + x.square().sum() / 2);
		throw std::runtime_error("operator " + op);
	}

	// backward gives J1^T v and J2^T v.
	static std::pair<Vec, Vec> backward(const json& o, const Vec& x, const Vec& w, const Vec& y, const Vec& v) {
		const std::string op = o["op"];
		const Vec none(0);
		if (op == "fixed") return {(matrix(o, w).transpose() * v.matrix()).array(), none};
		if (op == "linear" || op == "affine") {
			const Mat g = v.matrix() * x.matrix().transpose();
			Vec u(w.size());
			u.head(g.size()) = Eigen::Map<const Vec>(g.data(), g.size());
			if (op == "affine") u.tail(v.size()) = v;
			return {(matrix(o, w).transpose() * v.matrix()).array(), u};
		}
		if (op == "bias") return {v, v};
		if (op == "scale") return {w * v, x * v};
		if (op == "tanh") return {v * (1 - y.square()), none};
		if (op == "sigmoid") return {v * y * sigmoid(-x), none};
		if (op == "softplus" || op == "logistic") return {v * sigmoid(x), none};
		if (op == "square") return {2 * x * v, none};
		if (op == "halfsq") return {x * v[0], none};
		if (op == "softmaxce") {
			Vec p = (x - x.maxCoeff()).exp();
			p /= p.sum();
			p[int(o["label"])] -= 1;
			return {p * v[0], none};
		}
		const T s = 2 * (x * w).sum();
		return {(s * w + x) * v[0], s * x * v[0]};
	}

	static json batch(const json& chain, Rows& w, const json& samples, size_t window, T gamma, const json& reg) {
		T loss = 0;
		Rows total, Y, V;
		const size_t n = chain.size();
		for (size_t from = 0; from < samples.size(); from += window) {
			Rows sum;
			for (size_t k = from; k < std::min(samples.size(), from + window); k++) {
				const json& s = samples[k];
				json c = chain;
				if (s.contains("label"))
					for (auto& o : c)
						if (o["op"] == "softmaxce") o["label"] = s["label"];
				const Rows delta = rows(s["delta"]), eps = rows(s["eps"]);
				Rows F(n), U(n);
				Y.assign(1, vec(s["x"]));
				for (size_t i = 0; i < n; i++) {
					F[i] = forward(c[i], Y[i], w[i]);
					Y.push_back(F[i] + delta[i]);
				}
				V.assign(n + 1, one(1));
				for (size_t i = n; i-- > 0;) {
					auto [v, u] = backward(c[i], Y[i], w[i], F[i], V[i + 1]);
					U[i] = u;
					if (i > 0) V[i] = v + eps[i];
				}
				loss += Y[n][0];
				if (sum.empty()) sum = U;
				else for (size_t i = 0; i < n; i++) sum[i] += U[i];
			}
			if (total.empty()) total = sum;
			else for (size_t i = 0; i < n; i++) total[i] += sum[i];
		}
		const T rho = number(reg["rho"]);
		for (size_t i = 0; i < n; i++) {
			total[i] /= T(samples.size());
			Vec r = total[i];
			if (reg["kind"] == "l2") r += 2 * rho * w[i];
			if (reg["kind"] == "nonconvex") r += 2 * rho * w[i] / (1 + w[i].square()).square();
			w[i] -= gamma * r;
		}
		V.erase(V.begin());
		loss /= T(samples.size());
		return {{"loss", out(double(loss))}, {"u", out(total)}, {"w", out(w)}, {"Y", out(Y)}, {"V", out(V)}};
	}

	static json answer(const json& r, const std::string& precision) {
		const std::string type = r["type"];
		if (type == "hello") {
			const std::string dot = ".";
			const std::string version = std::to_string(EIGEN_WORLD_VERSION) + dot + std::to_string(EIGEN_MAJOR_VERSION) +
				dot + std::to_string(EIGEN_MINOR_VERSION);
			return {{"protocol", 1}, {"name", "Eigen"}, {"version", version}, {"precision", precision},
				{"deterministic", true},
				{"ops", {"affine", "linear", "fixed", "bias", "scale", "tanh", "sigmoid", "softplus", "square", "halfsq",
					"logistic", "softmaxce", "bilinear"}},
				{"types", {"step", "trace", "batch", "run"}}, {"takes", json::array()}};
		}
		if (type != "step" && type != "trace" && type != "batch" && type != "run") return {{"unsupported", "type " + type}};
		Rows w = rows(r["w"]);
		if (type == "run") {
			json losses = json::array(), ws = json::array();
			for (auto& t : r["steps"]) {
				const json b = batch(r["chain"], w, t["samples"], t["accumulate"], number(t["gamma"]), r["reg"]);
				losses.push_back(b["loss"]);
				ws.push_back(b["w"]);
			}
			return {{"losses", losses}, {"ws", ws}};
		}
		json one = r;
		one.erase("chain");
		const bool many = type == "batch";
		const json samples = many ? r["samples"] : json::array({one});
		json b = batch(r["chain"], w, samples, many ? int(r["accumulate"]) : 1, number(r["gamma"]), r["reg"]);
		if (type != "trace") b.erase("Y"), b.erase("V");
		return b;
	}
};

int main(int argc, char** argv) {
	const std::string precision = argc > 1 ? argv[1] : "float64";
	for (std::string line; std::getline(std::cin, line);) {
		const json r = json::parse(line);
		json a;
		try {
			a = precision == "float32" ? Engine<float>::answer(r, precision) : Engine<double>::answer(r, precision);
		} catch (const std::exception& e) {
			a = {{"error", e.what()}};
		}
		a["id"] = r["id"];
		std::cout << a.dump() << std::endl;
	}
}
