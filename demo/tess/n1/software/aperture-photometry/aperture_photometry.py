"""Simple aperture photometry: makes the light curve (N1) from the target pixel file (N0).

SAP_FLUX of a cadence is the float64 sum of FLUX over the pixels whose APERTURE value has bit 2 set; it is
not a number where QUALITY has bit 16 set or where no pixel of the aperture holds a number.

usage: aperture_photometry.py TARGET_PIXEL_FILE LIGHT_CURVE
"""

import sys

import numpy as np
from astropy.io import fits

OPTIMAL_APERTURE = 2
SAFE_MODE_OR_ARGABRIGHTENING = 16
COPIED = ("TIME", "CADENCENO", "QUALITY")


def sum_aperture(flux, aperture, quality):
    """Return the flux (electrons per second) of each cadence, shape (cadences,)."""
    pixels = flux[:, (aperture & OPTIMAL_APERTURE) > 0].astype("f8")
    total = np.nansum(pixels, axis=1)
    lost = np.isnan(pixels).all(axis=1) | ((quality & SAFE_MODE_OR_ARGABRIGHTENING) > 0)
    total[lost] = np.nan
    return total


def reduce_file(source, target):
    """Read one target pixel file and write its light curve."""
    with fits.open(source) as pixels:
        cadences = pixels["PIXELS"]
        flux = sum_aperture(cadences.data["FLUX"], pixels["APERTURE"].data, cadences.data["QUALITY"])
        columns = [
            fits.Column(name=name, format=cadences.columns[name].format, array=cadences.data[name])
            for name in COPIED
        ]
        columns.append(fits.Column(name="SAP_FLUX", format="E", unit="e-/s", array=flux.astype("f4")))
        table = fits.BinTableHDU.from_columns(columns, name="LIGHTCURVE")
        primary = fits.PrimaryHDU(header=pixels[0].header)
        fits.HDUList([primary, table]).writeto(target, overwrite=True, checksum=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    reduce_file(sys.argv[1], sys.argv[2])
