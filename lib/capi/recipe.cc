#include <fovea/recipe.h>

#include "capi/guard.h"
#include "zoo/zoo.h"

using namespace fovea;
using namespace fovea::capi;

fv_status fv_zoo_recipe(fv_recipe_name name, fv_recipe* recipe, fv_error* error) {
  return guard(error, [&] {
    const fv_recipe* found = fovea_zoo_recipe(name);
    FOVEA_REQUIRE(found != nullptr, "recipe is %d, which is none", static_cast<int>(name));
    write_info(recipe, *found, "fv_recipe");
  });
}
