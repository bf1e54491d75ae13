"""Saliency in pipelines of Apache Beam: a model handler of `RunInference`, and a store. Needs `pip install kerasal[beam]`."""

from kerasal._errors import needed

with needed("apache_beam", "kerasal.beam"):
    from kerasal.beam.handler import SaliencyModelHandler as SaliencyModelHandler
    from kerasal.beam.parts import Part as Part
    from kerasal.beam.parts import unfinished as unfinished
    from kerasal.beam.sink import WriteToStore as WriteToStore

__all__ = ["Part", "SaliencyModelHandler", "WriteToStore", "unfinished"]
