//! A catalog without some of its products: how much of what they say is understood by what remains.

use crate::extract::signature::Catalog;

/// Leaves products and all their signatures out of a catalog.
///
/// # Errors
/// Gives the first id that is no product's.
pub fn without_products(catalog: &mut Catalog, left_out: &[String]) -> Result<(), String> {
    for id in left_out {
        if !catalog.products.iter().any(|product| product.id == *id) {
            return Err(id.clone());
        }
        catalog.products.retain(|product| product.id != *id);
        catalog.signatures.retain(|signature| signature.product != *id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_goes_with_its_signatures_and_no_other() {
        let mut catalog = Catalog::builtin_bare().unwrap();
        let (product, all) = (catalog.products[0].id.clone(), catalog.signatures.len());
        let own = catalog.signatures.iter().filter(|signature| signature.product == product).count();
        without_products(&mut catalog, std::slice::from_ref(&product)).unwrap();
        assert!(own > 0 && catalog.signatures.len() == all - own);
        assert_eq!(without_products(&mut catalog, std::slice::from_ref(&product)), Err(product));
    }
}
