package function

import (
	"math"
)

// Distribution functions and the similarity of vectors: not listed by Timestream, taken from Trino's "Mathematical
// functions".
func init() {
	registerScalar("normal_cdf(double, double, double) -> double", Scalar{CanFail: true, Eval: ternaryErr(normalCDF)})
	registerScalar("inverse_normal_cdf(double, double, double) -> double", Scalar{CanFail: true, Eval: ternaryErr(inverseNormalCDF)})
	registerScalar("beta_cdf(double, double, double) -> double", Scalar{CanFail: true, Eval: ternaryErr(betaCDF)})
	registerScalar("cosine_similarity(array(double), array(double)) -> double", Scalar{CanFail: true, Eval: nullable(cosineSimilarity)})
}

func normalCDF(mean, deviation, x float64) (float64, error) {
	if !(deviation > 0) {
		return 0, invalid("standardDeviation must be > 0")
	}
	return 0.5 * math.Erfc((mean-x)/(deviation*math.Sqrt2)), nil
}

func inverseNormalCDF(mean, deviation, p float64) (float64, error) {
	if !(p > 0 && p < 1) {
		return 0, invalid("p must be 0 > p > 1")
	}
	if !(deviation > 0) {
		return 0, invalid("sd must be > 0")
	}
	return mean + deviation*math.Sqrt2*math.Erfinv(2*p-1), nil
}

// betaCDF is the regularized incomplete beta function.
func betaCDF(a, b, x float64) (float64, error) {
	if !(x >= 0 && x <= 1) {
		return 0, invalid("value must be in the interval [0, 1]")
	}
	if !(a > 0 && b > 0) || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return 0, invalid("a, b must be > 0")
	}
	if x == 0 || x == 1 {
		return x, nil
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(a, b, x) / a, nil
	}
	return 1 - front*betaFraction(b, a, 1-x)/b, nil
}

// betaFraction evaluates the continued fraction of the incomplete beta function by Lentz's method, from the front.
func betaFraction(a, b, x float64) float64 {
	const tiny, precise, maxSteps = 1e-300, 1e-16, 10000
	apart := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/apart(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < maxSteps; m++ {
		for _, coefficient := range [2]float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			d = 1 / apart(1+coefficient*d)
			c = apart(1 + coefficient/c)
			f *= c * d
		}
		if math.Abs(c*d-1) < precise {
			break
		}
	}
	return f
}

// cosineSimilarity is the cosine of the angle between two vectors; NULL if an element is NULL.
func cosineSimilarity(a *Args) func(i int) (float64, bool, error) {
	left, right := readArrays(a.Vecs[0]), readArrays(a.Vecs[1])
	x, y := read[float64](left.elems), read[float64](right.elems)
	return func(i int) (float64, bool, error) {
		from, to := left.at(i)
		other, otherTo := right.at(i)
		if to-from != otherTo-other {
			return 0, false, invalid("The arguments must have the same length")
		}
		var product, xx, yy float64
		for j := from; j < to; j, other = j+1, other+1 {
			if left.elems.IsNull(j) || right.elems.IsNull(other) {
				return 0, false, nil
			}
			p, q := x.at(j), y.at(other)
			product, xx, yy = product+p*q, xx+p*p, yy+q*q
		}
		return product / (math.Sqrt(xx) * math.Sqrt(yy)), true, nil
	}
}
